using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>The scalar Gaussian HMM with parameters of every step (Maddison et al. 2017): z_1 ~ N(0, v_1), z_t ~ N(w_t z_{t−1}, v_t),
/// x_t ~ N(c_t z_t, r_t).</summary>
/// <remarks>A list's last number holds for all later steps. w_1 plays no part.</remarks>
public sealed record GaussianHmmModel : GenerativeModel
{
    /// <summary>A model of one latent number.</summary>
    public GaussianHmmModel() => LatentSize = 1;

    /// <summary>v, above 0. Default [1].</summary>
    public IReadOnlyList<double> TransitionVariances { get; init; } = [1];

    /// <summary>w. Default [1].</summary>
    public IReadOnlyList<double> TransitionWeights { get; init; } = [1];

    /// <summary>c. Default [1].</summary>
    public IReadOnlyList<double> EmissionWeights { get; init; } = [1];

    /// <summary>r, above 0. Default [1].</summary>
    public IReadOnlyList<double> EmissionVariances { get; init; } = [1];

    /// <summary>Whether the numbers are where training begins; else they are fixed. Default false.</summary>
    public bool Learned { get; init; }

    /// <inheritdoc/>
    public override bool IsLinearGaussian => true;

    /// <inheritdoc/>
    public override bool IsRealValued => true;

    /// <inheritdoc/>
    public override bool IsInDataUnits => true;

    /// <inheritdoc/>
    public override bool IsGaussianMarkov => true;

    /// <inheritdoc/>
    public override GenerativeModule Create(DataShape data, Initializer initializer) => new GaussianHmmModule(this, data, initializer);

    /// <inheritdoc/>
    public override IEnumerable<string> FaultsWith(DataShape data) => data.ObservationSize == 1 ? base.FaultsWith(data)
        : base.FaultsWith(data).Append($"The Gaussian HMM is scalar, but there are {data.ObservationSize} numbers per step; choose LinearGaussian.");

    /// <inheritdoc/>
    public override IEnumerable<string> Validate()
    {
        if (LatentSize != 1)
            yield return $"LatentSize is {LatentSize}; the Gaussian HMM is scalar: set it to 1.";
        foreach (var (name, values, least) in Lists)
        {
            if (values.Count == 0)
                yield return $"{name} is empty; give at least one number.";
            foreach (double value in values.Where(v => !(v > least && v < double.PositiveInfinity)).Take(1))
                yield return least == 0 ? $"{name} holds {value}; variances must be above 0." : $"{name} holds {value}; it must be finite.";
        }
    }

    /// <summary>Equal when every number is.</summary>
    public bool Equals(GaussianHmmModel? other) => other is not null && Learned == other.Learned && LatentSize == other.LatentSize
        && Lists.Zip(other.Lists).All(pair => pair.First.Values.SequenceEqual(pair.Second.Values));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Learned, TransitionVariances.Sum(), TransitionWeights.Sum(), EmissionWeights.Sum(), EmissionVariances.Sum());

    private IEnumerable<(string Name, IReadOnlyList<double> Values, double Least)> Lists =>
        [(nameof(TransitionVariances), TransitionVariances, 0), (nameof(TransitionWeights), TransitionWeights, double.NegativeInfinity),
         (nameof(EmissionWeights), EmissionWeights, double.NegativeInfinity), (nameof(EmissionVariances), EmissionVariances, 0)];
}

internal sealed class GaussianHmmModule : GenerativeModule, ILinearGaussian
{
    private readonly Parameter transitionLogVariances;
    private readonly Parameter transitionWeights;
    private readonly Parameter emissionWeights;
    private readonly Parameter emissionLogVariances;
    private readonly StepEmission _emission = new();

    public GaussianHmmModule(GaussianHmmModel options, DataShape data, Initializer initializer) : base(nameof(GaussianHmmModel), 1, data)
    {
        Parameter Of(IEnumerable<double> values)
        {
            double[] numbers = [.. values];
            var parameter = initializer.Constant(numbers.Length);
            using (var initial = tensor(numbers))
            using (no_grad())
                parameter.copy_(initial);
            parameter.requires_grad = options.Learned;
            return parameter;
        }
        transitionLogVariances = Of(options.TransitionVariances.Select(v => Math.Log(v)));
        transitionWeights = Of(options.TransitionWeights);
        emissionWeights = Of(options.EmissionWeights);
        emissionLogVariances = Of(options.EmissionVariances.Select(v => Math.Log(v)));
        RegisterComponents();
    }

    public override EmissionModule Emission => _emission;

    public override LatentDistribution Prior(Past past, long rows)
    {
        var variance = Column(transitionLogVariances, past.Inputs).exp();
        var mean = past.Latent is null ? zeros_like(variance) : Column(transitionWeights, past.Inputs) * past.Latent;
        return new DiagonalGaussian(mean, variance.expand_as(mean));
    }

    // The emission's numbers differ by step, so that they travel with what it reads: c_t z_t and log r_t.
    public override Tensor EmissionInput(Tensor latent, Past past)
    {
        var mean = Column(emissionWeights, past.Inputs) * latent;
        return cat([mean, Column(emissionLogVariances, past.Inputs).expand_as(mean)], -1);
    }

    public LinearGaussianSystem System(Func<int, StepInputs> inputs, ScalarType type)
    {
        Tensor Matrix(Parameter values, StepInputs of) => Column(values, of).to(type).unsqueeze(-1);
        var zero = zeros([1], type, transitionWeights.device);
        return new(new(zero, transitionLogVariances[0].exp().to(type).view(1, 1)),
            t => new(Matrix(transitionWeights, inputs(t)), zero, Matrix(transitionLogVariances, inputs(t)).exp()),
            t => new(Matrix(emissionWeights, inputs(t)), zero, Matrix(emissionLogVariances, inputs(t)).exp()));
    }

    // [row, 1]; beyond the last number the last one holds.
    private static Tensor Column(Parameter values, StepInputs inputs) =>
        values.index_select(0, inputs.Step.clamp(max: values.shape[0] - 1)).unsqueeze(-1);

    private sealed class StepEmission() : EmissionModule("emission")
    {
        public override bool BroadcastsObservations => true;

        public override bool IsGaussian => true;

        public override (Tensor Mean, Tensor Variance) Moments(Tensor input) => (Mean(input), input.narrow(-1, 1, 1).exp());

        public override Tensor Mean(Tensor latent) => latent.narrow(-1, 0, 1);

        public override Tensor Sample(Tensor latent, Tensor uniform)
        {
            var (mean, variance) = Moments(latent);
            return mean + variance.sqrt() * (Math.Sqrt(2) * (2 * uniform.clamp(1e-7, 1 - 1e-7) - 1).erfinv());
        }

        // Where the numbers begin is said by the options.
        public override void StartAt(Tensor mean, Tensor variance)
        {
        }

        protected override Tensor LogDensities(Tensor latent, Tensor observation)
        {
            var (mean, variance) = Moments(latent);
            return new DiagonalGaussian(mean, variance).LogDensities(observation);
        }
    }
}
