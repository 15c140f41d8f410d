using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Networks.Tapes;

/// <summary>A diagonal Gaussian of every row.</summary>
/// <param name="Raw">Mean and raw variance side by side, [S·N, 2d].</param>
/// <param name="Variance">How the latter is read.</param>
internal sealed record TapeGaussian(TapeValue Raw, VarianceParameterisation Variance)
{
    /// <summary>The means.</summary>
    public TapeValue Mean { get; } = Raw.Columns(0, Raw.Size / 2);

    /// <summary>The Gaussians of a step's rows.</summary>
    public DiagonalGaussian At(int step) => Variance.GaussianOf(Raw.At(step));

    /// <summary>The variances as the network gives them.</summary>
    public TapeValue RawVariance { get; } = Raw.Columns(Raw.Size / 2, Raw.Size / 2);
}

/// <summary>A reparameterised draw: value = mean + scale ⊙ noise.</summary>
/// <param name="Of">The Gaussian.</param>
/// <param name="Noise">Standard normal.</param>
/// <param name="Value">The draw.</param>
internal sealed record TapeDraw(TapeGaussian Of, TapeValue Noise, TapeValue Value)
{
    /// <summary>The scales, where <see cref="ScanTape.InMemory"/>.</summary>
    public TapeValue? Scale { get; private set; }

    /// <summary>Adds the draw to every step.</summary>
    public void LayOn(ScanTape tape)
    {
        if (!tape.InMemory)
        {
            tape.Add(new TensorDraw(this, tape));
            return;
        }
        Scale = tape.Value(Value.Size);
        tape.Add(tape.Type == ScalarType.Float64 ? new RowDraw<double>(this, Scale, tape) : new RowDraw<float>(this, Scale, tape));
    }
}

/// <summary>A draw by LibTorch's operations.</summary>
internal sealed class TensorDraw(TapeDraw draw, ScanTape tape) : TapeOperation
{
    private readonly TapeGaussian _of = draw.Of;
    private Tensor[] _slopes = [], _ofRaw = [], _ofValue = [];

    public override void Forward(int step) =>
        draw.Value.At(step).copy_(_of.Mean.At(step)).addcmul_(_of.Variance.ScaleOf(_of.RawVariance.At(step)), draw.Noise.At(step), 1);

    // Mean and raw variance side by side: one call for both.
    public override void BeginBackward()
    {
        var spread = draw.Noise.All * _of.Variance.ScaleSlope(_of.RawVariance.All);
        _slopes = tape.StepsOf(stack([ones_like(spread), spread], 1));
        _ofRaw = tape.StepsOf(_of.Raw.Gradient.view(-1, 2, draw.Value.Size));
        _ofValue = tape.StepsOf(draw.Value.Gradient.unsqueeze(1));
    }

    public override void Backward(int step) => _ofRaw[step].addcmul_(_ofValue[step], _slopes[step], 1);
}
