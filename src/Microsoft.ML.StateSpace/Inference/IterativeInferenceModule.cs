using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

internal sealed class IterativeInferenceModule : InferenceModule
{
    // A variance beyond either is no variance a float can hold through an exponential and its gradient.
    private const double LeastLogVariance = -15, MostLogVariance = 5;

    // Far from the posterior a gradient can be of any size: no iteration goes further than this along it.
    private const double LongestStep = 5;

    // Before it has learned, a network moves λ little: highway keeps 88% of it, learned SGD begins with η of 5%.
    private const float HighwayGateStart = 2, SgdGateStart = -3;

    private readonly HighwayMlp? network;
    private readonly Affine? change;
    private readonly Affine? gate;
    private readonly IterativeInference _options;
    private readonly Reference _model;
    private StepwiseLearning? _learning;

    public IterativeInferenceModule(IterativeInference options, GenerativeModule model, bool readsMask, Initializer initializer)
        : base(nameof(IterativeInference), readsMask)
    {
        _options = options;
        _model = new Reference(model);
        if (options.Update != IterativeUpdate.Sgd)
        {
            long latent = model.LatentSize, observation = model.ObservationSize;
            bool observes = options.ReadsObservation || options.Encoding == IterativeEncoding.Direct;
            long inputs = 2 * latent + (observes ? observation * (readsMask ? 2 : 1) : 0) + options.Encoding switch
            {
                IterativeEncoding.Gradient => 2 * latent,
                IterativeEncoding.Error => latent + observation,
                _ => 0,
            };
            network = new HighwayMlp(inputs, options.HiddenSize, options.HiddenLayers, options.Activation, initializer);
            change = new Affine(options.HiddenSize, 2 * latent, initializer);
            gate = new Affine(options.HiddenSize, 2 * latent, initializer);
            Initializer.SetConstant(gate.Bias, options.Update == IterativeUpdate.Highway ? HighwayGateStart : SgdGateStart);
        }
        RegisterComponents();
    }

    public override bool ReadsPrior => true;

    internal override bool CutsPrior => true;

    public override int Iterations => _options.Iterations;

    public override bool LearnsItself => network is not null;

    // What is read of a batch is read step by step.
    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise) => new(batch);

    internal override bool EncodesWindows => true;

    public override bool ReadsByStep => true;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried) => new([], []);

    public override IDisposable BeginLearning(Func<double> learningRateFactor)
    {
        _learning = new StepwiseLearning([.. parameters()], _options.LearningRate, _options.GradientClipNorm, learningRateFactor,
            () => _learning = null);
        return _learning;
    }

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        using var scope = NewDisposeScope();
        var batch = query.Encoding.Batch;
        var energy = new GraphFreeEnergy(_model.Model, query.Past.Detach(), query.Prior!.Detach(), query.Rows.Of(batch.Observations),
            batch.Observed is null ? null : query.Rows.Of(batch.Observed));
        var lambda = Search(energy, query.Noise, query.FreeEnergy is { } watch ? iteration => watch(iteration, energy.Value!) : null);
        var (mean, variance) = FreeEnergy.Gaussian(lambda);
        return new DiagonalGaussian(mean.MoveToOuterDisposeScope(), variance.MoveToOuterDisposeScope());
    }

    internal override bool HasTape => _model.Model.HasTape && _model.Model.Emission.HasTape;

    internal override TapeGaussian Lay(ScanTape tape, Encoding encoding, TapedPast past, NoiseSource noise)
    {
        int size = _model.Model.LatentSize;
        var energy = new TapedFreeEnergy(_model.Model, encoding.Batch, tape, past, _options.Samples == 0 ? 2 * size : _options.Samples, noise.Particles > 0);
        var posterior = new IteratedPosterior(energy, of => Search(of, noise, null), tape, size);
        tape.Add(posterior);
        return posterior.Found;
    }

    // K iterations from the prior; where somebody watches, F is asked for before the first and after each.
    private Tensor Search(FreeEnergy energy, NoiseSource noise, Action<int>? watch)
    {
        using var gradients = enable_grad();
        var lambda = Start(energy.Prior, noise);
        bool learns = _learning is not null && training;
        for (int k = 0; k < _options.Iterations; k++)
        {
            var gradient = watch is not null || _options.Encoding == IterativeEncoding.Gradient || _options.Update != IterativeUpdate.Highway
                ? energy.GradientAt(lambda, Draws(noise, lambda)) : null;
            watch?.Invoke(k);
            using (learns ? null : no_grad())
            {
                var moved = Move(energy, lambda, gradient, noise);
                if (learns)
                    Learn(energy, moved, noise);
                lambda = moved.detach();
            }
        }
        if (watch is not null)
        {
            energy.GradientAt(lambda, Draws(noise, lambda));
            watch(_options.Iterations);
        }
        _learning?.Step(learns);
        return lambda;
    }

    // λ = (μ, log v) of the prior; where particles share it, each still searches for itself.
    private static Tensor Start(LatentDistribution prior, NoiseSource noise)
    {
        var (mean, variance) = prior.Moments!.Value;
        var lambda = cat([mean, variance.log().clamp(LeastLogVariance, MostLogVariance)], -1);
        return noise.Particles > 0 && lambda.dim() == 2 ? lambda.expand(noise.Particles, -1, -1).contiguous() : lambda;
    }

    private Tensor Move(FreeEnergy energy, Tensor lambda, Tensor? gradient, NoiseSource noise)
    {
        if (network is null)
            return Clamp(lambda - Step(_options.StepSize * gradient!));
        var hidden = network.call(Inputs(energy, lambda, gradient, noise));
        var (f, g) = (change!.call(hidden), gate!.call(hidden).sigmoid());
        return Clamp(_options.Update == IterativeUpdate.Highway ? g * lambda + (1 - g) * f : lambda - Step(g * gradient!) + f);
    }

    // ∇_φ F(λ') = ∇_λ' F · ∂λ'/∂φ: the model takes part as a function of λ' alone.
    private void Learn(FreeEnergy energy, Tensor moved, NoiseSource noise)
    {
        var gradient = energy.GradientAt(moved, Draws(noise, moved));
        long rows = moved.numel() / moved.shape[^1];
        autograd.backward([moved], [gradient / (rows * (double)_options.Iterations)]);
    }

    private Tensor Inputs(FreeEnergy energy, Tensor lambda, Tensor? gradient, NoiseSource noise)
    {
        var parts = new List<Tensor> { Normal(Mean(lambda)), Normal(LogVariance(lambda)) };
        if (_options.Encoding == IterativeEncoding.Gradient)
            parts.AddRange([Normal(Mean(gradient!)), Normal(LogVariance(gradient!))]);
        if (_options.Encoding == IterativeEncoding.Error)
            parts.AddRange([Normal(LatentError(energy, lambda)), Normal(ErrorOf(energy, lambda, noise))]);
        if (_options.ReadsObservation || _options.Encoding == IterativeEncoding.Direct)
            parts.Add(!ReadsMask ? energy.Observation : cat([energy.Observation, energy.Observed ?? ones_like(energy.Observation)], -1));
        return Columns.Join([.. parts]).detach();
    }

    private Tensor ErrorOf(FreeEnergy energy, Tensor lambda, NoiseSource noise)
    {
        using var guard = no_grad();
        return energy.ObservationError(lambda, Draws(noise, lambda));
    }

    private static Tensor LatentError(FreeEnergy energy, Tensor lambda)
    {
        var (mean, variance) = energy.Prior.Moments!.Value;
        return (Mean(lambda) - mean) / variance.sqrt();
    }

    // [draw, (1 | particle), row, Z]: fixed points are shared, draws belong to the row.
    private Tensor Draws(NoiseSource noise, Tensor lambda)
    {
        int rows = (int)lambda.shape[^2], size = (int)lambda.shape[^1] / 2;
        if (_options.Samples == 0)
        {
            var points = eye(size, dtype: lambda.dtype, device: lambda.device) * Math.Sqrt(size);
            long[] shape = lambda.dim() == 2 ? [2L * size, 1, size] : [2L * size, 1, 1, size];
            return cat([points, -points], 0).view(shape);
        }
        var drawn = stack([.. Enumerable.Range(0, _options.Samples).Select(_ => noise.Normal(rows, size, NoisePurpose.Inference))]);
        return drawn.to(lambda.dtype);
    }

    private static Tensor Step(Tensor step) => step.clamp(-LongestStep, LongestStep);

    private Tensor Normal(Tensor part)
    {
        // One number alone would always become 0.
        if (!_options.LayerNorm || part.shape[^1] == 1)
            return part;
        var centred = part - part.mean([-1], keepdim: true);
        return centred / (centred.square().mean([-1], keepdim: true) + 1e-5).sqrt();
    }

    private static Tensor Clamp(Tensor lambda) =>
        cat([Mean(lambda), LogVariance(lambda).clamp(LeastLogVariance, MostLogVariance)], -1);

    private static Tensor Mean(Tensor lambda) => lambda.narrow(-1, 0, lambda.shape[^1] / 2);

    private static Tensor LogVariance(Tensor lambda) => lambda.narrow(-1, lambda.shape[^1] / 2, lambda.shape[^1] / 2);

    // The model's parameters are the model's own: a field of a module's type would make them this network's too.
    private sealed record Reference(GenerativeModule Model);
}
