using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

/// <summary>Flows as bijections and as densities, in float64.</summary>
[TestClass]
public class InverseAutoregressiveFlowTests
{
    [TestMethod]
    [DataRow(1, 0)]
    [DataRow(2, 0)]
    [DataRow(5, 0)]
    [DataRow(5, 4)]
    public void FlowsInvert(int size, int contextSize)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var flows = Make(size, contextSize, count: 4);
        var z = Normal([3, 7, size]);
        var context = contextSize == 0 ? null : Normal([7, contextSize], seed: 9);
        var (pushed, gates) = (z, new List<Tensor>());
        foreach (var flow in flows)
        {
            (pushed, var gate) = flow.Push(pushed, context, frozen: false);
            gates.Add(gate);
        }
        Assert.IsTrue((pushed - z).abs().max().item<double>() > 0.1);
        for (int k = flows.Length - 1; k >= 0; k--)
        {
            (pushed, var gate) = flows[k].Pull(pushed, context, frozen: true);
            Assert.AreEqual(0, (gate - gates[k]).abs().max().item<double>(), 1e-10);
        }
        Assert.AreEqual(0, (pushed - z).abs().max().item<double>(), 1e-10);
    }

    [TestMethod]
    [DataRow(1, 3)]
    [DataRow(2, 0)]
    [DataRow(5, 0)]
    [DataRow(4, 3)]
    public void TheLogDeterminantIsTheJacobians(int size, int contextSize)
    {
        using var scope = NewDisposeScope();
        var context = contextSize == 0 ? null : Normal([1, contextSize], seed: 9);
        var distribution = new FlowedDistribution(Standard(size), Make(size, contextSize, count: 3), context);
        var noise = Normal([1, size]).requires_grad_();
        var draw = distribution.Draw(noise);
        var rows = Enumerable.Range(0, size).Select(i =>
            autograd.grad([draw.Latent[0, i]], [noise], retain_graph: true)[0].squeeze(0)).ToArray();
        double determinant = slogdet(stack(rows)).logabsdet.item<double>();
        double logStart = Standard(size).LogProbability(noise).item<double>();
        Assert.AreEqual(logStart - determinant, draw.LogProbability.item<double>(), 1e-10);
        Assert.AreEqual(draw.LogProbability.item<double>(), distribution.LogProbability(draw.Latent).item<double>(), 1e-10);
    }

    /// <summary>Each layer is triangular, in the order it was given: z'_i does not depend on z_j that comes after it.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void ALayerSeesOnlyWhatComesBefore(bool reversed)
    {
        using var scope = NewDisposeScope();
        using var flow = One(4, 0, reversed, seed: 3);
        var z = Normal([1, 4]).requires_grad_();
        var (pushed, _) = flow.Push(z, null, frozen: false);
        for (int i = 0; i < 4; i++)
        {
            double[] row = autograd.grad([pushed[0, i]], [z], retain_graph: true)[0].reshape(-1).data<double>().ToArray();
            for (int j = 0; j < 4; j++)
            {
                bool before = reversed ? j > i : j < i;
                Assert.AreEqual(before || i == j, row[j] != 0, $"d z'_{i} / d z_{j} = {row[j]}");
            }
        }
    }

    [TestMethod]
    public void DensitiesIntegrateToOne()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        const double Width = 0.05;
        var line = arange(-12, 12, Width, ScalarType.Float64).unsqueeze(-1);
        var one = new FlowedDistribution(Standard(1), Make(1, 2, count: 2), Normal([1, 2], seed: 4).expand(line.shape[0], 2));
        Assert.AreEqual(1, one.LogProbability(line).exp().sum().item<double>() * Width, 1e-8);

        var axis = arange(-9, 9, 2 * Width, ScalarType.Float64);
        long n = axis.shape[0];
        var plane = stack([axis.unsqueeze(1).expand(n, n).reshape(-1), axis.unsqueeze(0).expand(n, n).reshape(-1)], -1);
        var two = new FlowedDistribution(Standard(2), Make(2, 0, count: 3), null);
        var density = two.LogProbability(plane);
        Assert.AreEqual(1, density.exp().sum().item<double>() * 4 * Width * Width, 1e-5);
        // Such a density is no Gaussian: its logarithm is no quadratic, whose third difference would vanish.
        var middle = density.view(n, n)[n / 2].narrow(0, n / 2 - 20, 41);
        var third = middle.narrow(0, 30, 1) - 3 * middle.narrow(0, 20, 1) + 3 * middle.narrow(0, 10, 1) - middle.narrow(0, 0, 1);
        Assert.IsTrue(third.abs().item<double>() > 1e-3);
    }

    [TestMethod]
    public void DetachingCutsEveryGradient()
    {
        using var scope = NewDisposeScope();
        var flows = Make(3, 2, count: 2);
        var context = Normal([4, 2], seed: 2).requires_grad_();
        var distribution = new FlowedDistribution(Standard(3), flows, context);
        var z = Normal([4, 3]);
        Assert.IsTrue(distribution.LogProbability(z).requires_grad);
        var cut = distribution.Detach();
        Assert.IsFalse(cut.LogProbability(z).requires_grad);
        Assert.IsFalse(cut.Draw(z).Latent.requires_grad);
        Assert.AreEqual(0, (cut.Draw(z).Latent - distribution.Draw(z).Latent).abs().max().item<double>(), 0.0);
    }

    private static DiagonalGaussian Standard(int size) => new(zeros([1, size], ScalarType.Float64), ones([1, size], ScalarType.Float64));

    private static Tensor Normal(long[] shape, ulong seed = 1) => randn(shape, ScalarType.Float64, generator: new Generator(seed));

    private static InverseAutoregressiveFlow[] Make(int size, int contextSize, int count) =>
        [.. Enumerable.Range(0, count).Select(k => One(size, contextSize, k % 2 == 1, seed: k + 1))];

    // Weights of any size: a layer as it begins is too near the identity to show much.
    private static InverseAutoregressiveFlow One(int size, int contextSize, bool reversed, int seed)
    {
        var flow = new InverseAutoregressiveFlow(size, new FlowSettings(8, 2, Activation.Tanh), reversed, contextSize, new Initializer(seed));
        flow.to(ScalarType.Float64);
        using var guard = no_grad();
        using var noise = new Generator((ulong)seed);
        foreach (var parameter in flow.parameters())
            parameter.add_(0.4 * randn(parameter.shape, ScalarType.Float64, generator: noise));
        return flow;
    }
}
