using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Scoring.Streaming;

/// <summary>The particle filter, one step at a time: on the CPU bit for bit what <see cref="ParticleFilter"/> finds in a whole sequence.</summary>
/// <remarks>A batch resamples between two steps, when it knows that a row goes on; here the weights are carried, and the next step
/// begins with it. So streams of random numbers are drawn from in the same order.</remarks>
internal sealed class ParticleStepFilter : IStepFilter
{
    // Then vector instructions leave no rest over whose last bits would depend on how many rows there are.
    private const int WholeVectors = Affine.ParticlesForOwnProduct;

    private readonly GenerativeModule _model;
    private readonly InferenceModule _proposal;
    private readonly ScoringOptions _options;
    private readonly Device _device;
    private readonly bool _tails;
    private readonly int _rowsTogether;
    private readonly PanelStore _panels = new();
    private readonly NoisePurpose[] _purposes;
    private readonly (bool Observation, int Paths, int Encoders) _layout;

    /// <exception cref="NotSupportedException">The filtering proposal cannot be given one step at a time.</exception>
    public ParticleStepFilter(StateSpaceNetworks networks, ScoringOptions options, bool tails, Device device)
    {
        (_model, _proposal, _options, _tails, _device) = (networks.Generative, new PriorWhereUnobserved(networks.FilteringProposal), options, tails, device);
        _purposes = [NoisePurpose.Latent, .. _model.ReadsObservations ? [NoisePurpose.Feedback] : Array.Empty<NoisePurpose>(),
            .. networks.FilteringProposal.Iterations > 0 ? [NoisePurpose.Inference] : Array.Empty<NoisePurpose>()];
        _rowsTogether = Math.Min(64, BoundEvaluator.RowsPerBatch(networks, options.Particles));
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.OfStep(Blank(_model.Data), device, Type);
        var (_, state) = Run(batch, null);
        _layout = (state.State.Observation is not null, state.State.Path.Count, state.Encoder.Count);
        Fields = [.. state.Names([.. _purposes.Select(purpose => $"{purpose}"), .. tails ? ["Children"] : Array.Empty<string>()]).Zip(state.ToParts(), StateField.Of)];
    }

    public ScalarType Type => ScalarType.Float32;

    // In their first step particles share what few numbers there are: no whole vectors there.
    public int RowsTogether(bool begins) => OnCpu && (begins || _options.Particles % WholeVectors != 0) ? 1 : _rowsTogether;

    public IReadOnlyList<StateField> Fields { get; }

    private bool OnCpu => _device.IsHost();

    public SteppedRows Step(SequenceBatch batch, IReadOnlyList<Tensor>? carried)
    {
        using var scope = NewDisposeScope();
        var (found, state) = Run(batch, carried is null ? null : StateOf(carried));
        return (found with { Carried = state.ToParts() }).MoveToOuterDisposeScope();
    }

    public ForecastTensors Forecast(IReadOnlyList<Tensor> carried, FutureQuery query)
    {
        using var scope = NewDisposeScope();
        using var apart = Affine.RowsApart(OnCpu);
        using var panels = RowPanels.Keep(_panels);
        var state = StateOf(carried);
        using var noise = Noise(query.Keys, state);
        var last = ParticleFilter.EquallyWeighted(state.Weights, state.State);
        var found = Forecaster.Run(_model, last, query.Inputs(Type), noise, query.Probabilities,
            ParticleChoice.Paths(_options, query.Keys, query.Paths, _device));
        return new(found.Mean.MoveToOuterDisposeScope(), [.. found.Quantiles.Select(q => q.MoveToOuterDisposeScope())], found.Paths?.MoveToOuterDisposeScope());
    }

    private ParticleState StateOf(IReadOnlyList<Tensor> carried) =>
        ParticleState.FromParts(carried, _layout.Observation, _layout.Paths, _layout.Encoders);

    // What is returned belongs to the caller's scope.
    private (SteppedRows Found, ParticleState State) Run(SequenceBatch batch, ParticleState? before)
    {
        using var scope = NewDisposeScope();
        using var noise = Noise(batch.NoiseKeys, before);
        using var children = _tails ? Children(batch.NoiseKeys, before) : null;
        using var apart = Affine.RowsApart(OnCpu);
        using var panels = RowPanels.Keep(_panels);
        var (encoding, encoder) = Read(batch, before);
        (ParticleStep Step, Tensor Mean, Tensor Std, Tensor? Tail)? seen = null;
        var query = new ParticleQuery(_model, _proposal, batch, noise)
        {
            Encoding = encoding,
            Start = before?.State,
            StartWeights = before?.Weights,
            Observer = step =>
            {
                var (centre, deviation) = ParticleFilter.Moments(step);
                seen = (step with
                {
                    LogWeights = step.LogWeights.alias().KeepIn(scope),
                    State = step.State.Map(part => part.alias().KeepIn(scope)),
                }, centre.KeepIn(scope), deviation.KeepIn(scope), children is null ? null : Tail(step, batch, children).KeepIn(scope));
            },
        };
        var terms = ParticleLoop.Run(query);
        SkipFeedback(batch, noise);
        var (last, mean, std, tail) = seen!.Value;
        var found = (new SteppedRows(mean, std, terms.StepLogLikelihood, terms.EffectiveSampleSize, []) { TailProbability = tail }).MoveToOuterDisposeScope();
        if (noise.Drawn.Except(_purposes).ToArray() is [var unknown, ..])
            throw new NotSupportedException($"The filtering proposal draws for {unknown}, but does not say that it iterates; override Iterations.");
        var positions = _purposes.Select(noise.PositionOf).Concat(children is null ? [] : [children.PositionOf(NoisePurpose.Latent)]);
        Tensor[] streams = [.. positions.Select(position => position.MoveToOuterDisposeScope())];
        return (found, new ParticleState(last.LogWeights.MoveToOuterDisposeScope(), last.State.Map(part => part.MoveToOuterDisposeScope()),
            [.. encoder.Select(part => part.MoveToOuterDisposeScope())], streams));
    }

    // Where a value is missing anywhere in a sequence, its samples of what is fed back are drawn at every step: whether one will be
    // missing later is not known here, so that the numbers are passed over where nothing is.
    private void SkipFeedback(SequenceBatch batch, NoiseSource noise)
    {
        if (_model.ReadsObservations && batch.Observed is null)
            noise.UniformOfParticles(batch.Count, _model.Emission.UniformsPerStep(_model.ObservationSize), NoisePurpose.Feedback);
    }

    private RowNoise Noise(IReadOnlyList<ulong> keys, ParticleState? state)
    {
        var noise = new RowNoise(~_options.Seed, keys, _options.Particles, _device, Type);
        for (int i = 0; state is not null && i < _purposes.Length; i++)
            noise.GoTo(_purposes[i], state.Streams[i]);
        return noise;
    }

    private RowNoise Children(IReadOnlyList<ulong> keys, ParticleState? state)
    {
        var noise = PredictiveTail.Noise(_options, keys, _device, Type);
        if (state is not null)
            noise.GoTo(NoisePurpose.Latent, state.Streams[^1]);
        return noise;
    }

    private Tensor Tail(ParticleStep step, SequenceBatch batch, NoiseSource children) => PredictiveTail.Of(_model, step.Past!, step.LogWeightsBefore,
        batch.Observations, batch.Observed, children, PredictiveTail.Components(_options.Particles));

    // Every row is read apart, as in a batch, so that no neighbour moves a last bit; on a GPU nothing of the kind is promised.
    private (Encoding Encoding, Tensor[] Carried) Read(SequenceBatch batch, ParticleState? before)
    {
        int together = !ParticleFilter.ReadsTogether(_proposal, batch) ? 1 : batch.Count;
        var readings = new List<StepReading>();
        for (int row = 0; row < batch.Count; row += together)
            readings.Add(_proposal.Read(batch, new PackedRange(row, together),
                before is null ? [] : [.. before.Encoder.Select(part => part.narrow(0, row, together))]));
        return (new Encoding(batch, Joined(readings, r => r.States)), Joined(readings, r => r.Carried));
    }

    private static Tensor[] Joined(List<StepReading> readings, Func<StepReading, Tensor[]> parts) => readings.Count == 1 ? parts(readings[0])
        : [.. Enumerable.Range(0, parts(readings[0]).Length).Select(i => cat(readings.Select(r => parts(r)[i]).ToArray(), 0))];

    // A row of which nothing is known but the shape of what is carried.
    private static StepRows Blank(DataShape data) => new(data.ObservationSize, new float[data.ObservationSize], null, [0], [0])
    {
        LogJacobians = [0],
        ControlSize = data.ControlSize,
        Controls = data.ControlSize == 0 ? null : new float[data.ControlSize],
        Gaps = data.HasTimes ? [0] : null,
    };
}
