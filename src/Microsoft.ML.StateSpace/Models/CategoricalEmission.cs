using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>Independent dimensions that hold a code 0 … K − 1 each: p(x = k) = softmax of K logits of an MLP.</summary>
public sealed record CategoricalEmission : Emission
{
    /// <summary>K, the codes of each dimension. Default 2.</summary>
    public int Categories { get; init; } = 2;

    /// <inheritdoc/>
    public override EmissionModule Create(int inputSize, int observationSize, Initializer initializer)
    {
        var hidden = MakeHidden(inputSize, initializer);
        var logits = MakeFirstOutput(hidden, inputSize, observationSize * Categories, initializer);
        return new CategoricalEmissionModule(hidden, logits, Categories);
    }

    /// <inheritdoc/>
    public override string? FaultOf(float value) => value >= 0 && value < Categories && float.IsInteger(value) ? null
        : $"{value} is no code: the targets of this CategoricalEmission must be whole numbers from 0 to {Categories - 1}; set Categories to the number of codes in the data";

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        foreach (string fault in base.Validate())
            yield return fault;
        if (Categories is < 2 or > 1 << 20)
            yield return $"Categories is {Categories}; it must be from 2 to {1 << 20}.";
    }
}

internal sealed class CategoricalEmissionModule : EmissionModule
{
    private readonly Mlp hidden;
    private readonly OutputLayer logits;
    private readonly int _categories;

    public CategoricalEmissionModule(Mlp hidden, OutputLayer logits, int categories) : base(nameof(CategoricalEmission))
    {
        this.hidden = hidden;
        this.logits = logits;
        _categories = categories;
        RegisterComponents();
    }

    public override int CountedCodes => _categories;

    protected override Tensor LogDensities(Tensor input, Tensor observation)
    {
        var l = Logits(input);
        var code = observation.to(ScalarType.Int64).expand(l.shape[..^1]).unsqueeze(-1);
        return l.log_softmax(-1).gather(-1, code).squeeze(-1);
    }

    // The sum over dimensions of log p of each one's code is linear in the codes' indicators: one product per row.
    internal override Tensor CrossLogLikelihood(Tensor input, Tensor points, Tensor? observed)
    {
        using var scope = NewDisposeScope();
        var logarithms = Logits(input).log_softmax(-1);
        if (observed is not null)
            logarithms = logarithms * observed.unsqueeze(-1);
        var indicators = points.to(ScalarType.Int64).unsqueeze(-1).eq(arange(_categories, ScalarType.Int64, points.device)).to(logarithms.dtype);
        return indicators.flatten(2).transpose(0, 1).bmm(logarithms.flatten(2).permute(1, 2, 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The expected code, Σ k p(k).</summary>
    public override Tensor Mean(Tensor input) => Expected(Logits(input));

    public override Tensor Sample(Tensor input, Tensor uniform)
    {
        using var guard = no_grad();
        var below = uniform.unsqueeze(-1).ge(Logits(input).softmax(-1).cumsum(-1));
        // Rounding may leave the last sum below 1, and a uniform number above it.
        return below.sum(-1).clamp_max(_categories - 1).to(input.dtype);
    }

    /// <summary>The most spread-out distribution of that mean: logits linear in the code.</summary>
    public override void StartAt(Tensor mean, Tensor variance)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var target = mean.to(ScalarType.Float64).clamp(1e-4, _categories - 1 - 1e-4).unsqueeze(-1);
        var code = arange(_categories, ScalarType.Float64, mean.device);
        Tensor low = full_like(target, -50), high = full_like(target, 50);
        for (int i = 0; i < 60; i++)
        {
            var slope = (low + high) / 2;
            var below = Expected(slope * code).unsqueeze(-1).lt(target);
            (low, high) = (where(below, slope, low), where(below, high, slope));
        }
        logits.Bias.copy_((high * code).log_softmax(-1).flatten());
    }

    /// <summary>The training frequencies, no code's below 1e-4 before they are scaled to sum to 1.</summary>
    public override void StartAt(ObservationStatistics statistics)
    {
        if (statistics.Frequencies is null)
        {
            base.StartAt(statistics);
            return;
        }
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        logits.Bias.copy_(statistics.Frequencies.clamp_min(1e-4).log().log_softmax(-1).flatten());
    }

    private static Tensor Expected(Tensor logits) =>
        (logits.softmax(-1) * arange(logits.shape[^1], logits.dtype, logits.device)).sum(-1);

    private Tensor Logits(Tensor input)
    {
        var flat = logits.Over(hidden, input);
        return flat.reshape([.. flat.shape[..^1], -1, _categories]);
    }
}
