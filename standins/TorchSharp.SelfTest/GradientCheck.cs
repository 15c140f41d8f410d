using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

/// <summary>Compares autograd with central differences in double precision.</summary>
internal static class GradientCheck
{
    private static readonly (string Name, Func<Tensor, Tensor> F)[] Functions =
    [
        ("tanh·exp", x => (x.tanh() * x.exp()).sum()),
        ("logsumexp", x => x.logsumexp(1).sum()),
        ("matmul", x => x.matmul(x.t()).pow(2).mean(Array.Empty<long>())),
        ("softmax", x => (x.softmax(1) * arange(x.numel()).reshape(x.shape)).sum()),
        ("softplus, sigmoid", x => (nn.functional.softplus(x) * x.sigmoid()).sum()),
        ("indexing", x => (x[.., 1..] * x[.., ..^1]).sum() + x[0, 1] * x[1, 0]),
        ("cat, stack, where", x => cat([x, stack([x[0], x[1]])], 0).pow(3).sum() + where(x > 0, x * 2, x * 3).sum()),
        ("scalars on either side", x => (1.0 - x / 2 + 3 / (x.square() + 1) - 2f * x + (5 - x) % 3).sum()),
        ("lgamma, digamma, erf", x => ((x.abs() + 1).lgamma() + (x.abs() + 1).digamma() + x.erf()).sum()),
        ("a function with its own backward", x => (Cubed.apply(x, 2.0) * x).sum()),
        ("cholesky, solve", x => linalg.solve(x.matmul(x.t()) + eye(x.shape[0], dtype: float64), x).sum()),
    ];

    internal static void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(7);
        Tensor x = randn(3, 4, dtype: float64, generator: generator);
        foreach ((string name, Func<Tensor, Tensor> f) in Functions)
        {
            Tensor input = x.clone().requires_grad_();
            f(input).backward();
            Checks.Near(input.grad!, Differences(f, x), 1e-6, name);
            Tensor again = autograd.grad([f(input)], [input])[0];
            Checks.Near(again, input.grad!, 1e-12, name + " by autograd.grad");
        }
    }

    private static Tensor Differences(Func<Tensor, Tensor> f, Tensor x)
    {
        const double step = 1e-6;
        Tensor result = zeros_like(x);
        for (long i = 0; i < x.shape[0]; i++)
            for (long j = 0; j < x.shape[1]; j++)
            {
                Tensor up = x.clone(), down = x.clone();
                up[i, j] = x[i, j] + step;
                down[i, j] = x[i, j] - step;
                result[i, j] = (f(up) - f(down)) / (2 * step);
            }
        return result;
    }

    private sealed class Cubed : autograd.SingleTensorFunction<Cubed>
    {
        public override string Name => nameof(Cubed);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            var x = (Tensor)vars[0];
            ctx.save_for_backward([x]);
            ctx.save_data("factor", vars[1]);
            return x.pow(3) * (double)vars[1];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            [grad_output * 3 * (double)ctx.get_data("factor")! * ctx.get_saved_variables()[0].square(), null!];
    }
}
