using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks;

/// <summary>A diagonal Gaussian read off a hidden state: μ linear, σ² = softplus(linear).</summary>
public sealed class GaussianHead : nn.Module<Tensor, DiagonalGaussian>
{
    private readonly Affine map;

    /// <summary>Makes the two linear maps, stacked in one product.</summary>
    /// <param name="inputs">Size of the hidden state.</param>
    /// <param name="size">Size of the Gaussian.</param>
    /// <param name="initializer">Draws the starting weights.</param>
    /// <param name="variance">How a variance is read; null: <see cref="DiagonalGaussian.VarianceOf"/>.</param>
    public GaussianHead(long inputs, long size, Initializer initializer, VarianceParameterisation? variance = null) : base(nameof(GaussianHead))
    {
        Variance = variance ?? new VarianceParameterisation();
        map = new Affine(inputs, 2 * size, initializer);
        RegisterComponents();
    }

    /// <summary>How the variance is read.</summary>
    internal VarianceParameterisation Variance { get; }

    /// <summary>The maps' weight, [2 size, in]: the mean's rows, then the variance's.</summary>
    internal Parameter Weight => map.Weight;

    /// <summary>The maps' bias, [2 size].</summary>
    internal Parameter Bias => map.Bias;

    /// <summary>Maps [.., in] to a Gaussian over [.., size].</summary>
    public override DiagonalGaussian forward(Tensor hidden) => Variance.GaussianOf(map.call(hidden));

    /// <summary>As <see cref="forward"/>, for the rows of a tape, of sources side by side.</summary>
    internal TapeGaussian Lay(ScanTape tape, IReadOnlyList<ITapeSource> sources) => new(map.Lay(tape, sources), Variance);

    /// <summary>The same of <paramref name="multiple"/> · <paramref name="source"/> + <paramref name="known"/> [S, in].</summary>
    internal TapeGaussian Lay(ScanTape tape, TapeValue source, double multiple, Tensor known)
    {
        var raw = tape.Value(map.Bias.shape[0]);
        raw.StartFromRows(tape.Input(map.call(known)));
        Affine.AddProducts(tape, [source], map.Weight * multiple, raw);
        return new TapeGaussian(raw, Variance);
    }

    /// <summary>The Gaussian that hidden layers over an input give, [.., in].</summary>
    internal DiagonalGaussian Over(Mlp hidden, Tensor input)
    {
        if (!Affine.ByLanes(input))
            return call(hidden.call(input));
        using var scope = NewDisposeScope();
        var program = new LaneProgram(input, out var x);
        var result = Lay(program, hidden.Lay(program, x));
        program.Run();
        return new(result.Mean.MoveToOuterDisposeScope(), result.Variance.MoveToOuterDisposeScope());
    }

    /// <summary>As <see cref="forward"/>, of many rows in a program, which gives it when it runs.</summary>
    internal DiagonalGaussian Lay(LaneProgram program, LaneValue x)
    {
        var both = map.Lay(program, x);
        int size = both.Size / 2;
        return new DiagonalGaussian(program.Output(both.Part(0, size)), program.Output(program.Then(both.Part(size, size), raw => new LaneVariance(raw, Variance))));
    }
}
