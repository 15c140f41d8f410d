using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Models;

/// <summary>VRNN and SRNN: z_{t−1} enters through the path in the one, through the prior in the other.</summary>
/// <remarks>A path holds the cell's state; an SRNN's past also what <see cref="Features"/> gives, last.</remarks>
internal sealed class RecurrentModelModule : GenerativeModule
{
    private readonly Mlp observationEncoder;
    private readonly Mlp latentEncoder;
    private readonly RecurrentCell cell;
    private readonly Mlp prior;
    private readonly GaussianHead head;
    private readonly EmissionModule emission;
    // The training mean: not trained, but part of the model.
    private readonly Parameter centre;
    private readonly bool _latentInPath;
    private readonly bool _conditionalEmission;
    private readonly bool _controls;

    public RecurrentModelModule(RecurrentModel options, bool latentInPath, DataShape data, Initializer initializer)
        : base(options.GetType().Name, options.LatentSize, data)
    {
        _latentInPath = latentInPath;
        _conditionalEmission = options.Emission.ReadsPreviousObservation;
        _controls = options.ConditionOnControls;
        observationEncoder = new Mlp(data.ObservationSize, options.EncoderSize, options.EncoderLayers, options.Activation, initializer);
        latentEncoder = new Mlp(options.LatentSize, options.EncoderSize, options.EncoderLayers, options.Activation, initializer);
        cell = new RecurrentCell(options.Cell, observationEncoder.OutputSize + (_controls ? data.ControlSize : 0),
            latentInPath ? latentEncoder.OutputSize : 0, options.HiddenSize, initializer);
        FeatureSize = options.HiddenSize + (latentInPath ? 0 : (int)latentEncoder.OutputSize);
        prior = new Mlp(FeatureSize, options.PriorSize, options.PriorLayers, options.Activation, initializer);
        head = new GaussianHead(prior.OutputSize, options.LatentSize, initializer, options.Variance);
        emission = options.Emission.Create((int)latentEncoder.OutputSize + options.HiddenSize
            + (_conditionalEmission ? data.ObservationSize : 0), data.ObservationSize, initializer);
        centre = initializer.Constant(data.ObservationSize);
        centre.requires_grad = false;
        PathSize = options.HiddenSize;
        RegisterComponents();
    }

    public override EmissionModule Emission => emission;

    public override bool ReadsObservations => true;

    public override int FeatureSize { get; }

    public override int ObservationFeatureSize => (int)observationEncoder.OutputSize;

    public override int PathSize { get; }

    public override bool PathNeedsOnlyData => !_latentInPath;

    public override Tensor ObservationFeatures(Tensor observations, Tensor? observed)
    {
        var centred = observations - centre;
        return observationEncoder.call(observed is null ? centred : centred * observed);
    }

    public override Past Enter(ModelState? previous, StepInputs inputs, long rows)
    {
        if (previous is not null)
            return Step(previous, inputs, rows, Gates(previous.Observation! - centre, inputs));
        // x_0 − mean is 0. Without controls all rows begin alike, and one is computed: no neighbour can change its rounding.
        long own = _controls ? rows : 1;
        return Step(null, inputs, rows, Gates(zeros([own, ObservationSize], centre.dtype, centre.device), inputs));
    }

    public override Past Enter(ModelState? previous, StepInputs inputs, long rows, IReadOnlyList<Tensor> known) =>
        _latentInPath ? Step(previous, inputs, rows, known[0]) : Past(previous, inputs, rows, known, Encoded(previous, 1));

    /// <summary>SRNN: the cell's state at every step. VRNN: what x_{t−1} brings to the gates.</summary>
    public override IReadOnlyList<Tensor> EncodePath(SequenceBatch batch)
    {
        using var scope = NewDisposeScope();
        var centred = batch.Observations - centre;
        if (batch.Observed is not null)
            centred = centred * batch.Observed;
        var gates = Gates(Shifted(batch, centred), batch.Inputs(new PackedRange(0, batch.PackedSteps)));
        if (_latentInPath)
            return [gates.MoveToOuterDisposeScope()];
        if (ScanTape.Serves(batch))
            return [.. OnTape(batch, gates).Select(part => part.MoveToOuterDisposeScope())];
        var (steps, ofStep) = (new Tensor[batch.Steps][], new PackedSteps(batch, gates));
        for (int t = 0; t < steps.Length; t++)
            steps[t] = cell.Step(ofStep.Of(batch.Step(t)),
                t == 0 ? cell.Begin(batch.Count) : [.. steps[t - 1].Select(part => part.narrow(0, 0, batch.Active[t]))]);
        return [.. Enumerable.Range(0, cell.Parts).Select(i => cat(steps.Select(s => s[i]).ToArray(), 0).MoveToOuterDisposeScope())];
    }

    internal override bool HasTape => true;

    internal override TapedModel Lay(ScanTape tape, SequenceBatch batch, IReadOnlyList<Tensor> known, Func<TapedPast, TapeGaussian> propose)
    {
        long width = latentEncoder.OutputSize, before = width + PathSize;
        var emissionInput = tape.Value(width + ContextSize);
        var (encoded, state) = (emissionInput.Columns(0, width), emissionInput.Columns(width, PathSize));
        if (_conditionalEmission)
            emissionInput.Columns(before, ObservationSize).StartFromRows(tape.Input(Shifted(batch, batch.Observations)));
        var first = Encoded(null, 1);
        TapeValue? memory = null;
        if (_latentInPath)
            memory = cell.Lay(tape, known[0], new TapeCarry(tape, encoded, tape.Input(first)), state);
        else
            state.StartFromRows(tape.Input(known[0]));
        ITapeSource[] features = _latentInPath ? [state] : [state, new TapeCarry(tape, encoded, tape.Input(first))];
        var laidPrior = head.Lay(tape, prior.Lay(tape, features));
        var draw = new TapeDraw(propose(new(features, laidPrior, emissionInput.Columns(width, ContextSize))), tape.Value(LatentSize),
            latentEncoder.IsIdentity ? encoded : tape.Value(LatentSize));
        draw.LayOn(tape);
        latentEncoder.Lay(tape, [draw.Value], encoded);
        return new TapedModel(laidPrior, draw, emissionInput, (step, read) => new ModelState(read(draw.Value), batch.Step(step).Of(batch.Observations),
            !_latentInPath ? [.. known.Select(batch.Step(step).Of)] : memory is null ? [read(state)] : [read(state), read(memory)]));
    }

    internal override TapedEmissionInput LayEmissionInput(StepTape tape)
    {
        var latent = tape.Value(LatentSize);
        return new TapedEmissionInput(latent, (TapeValue)latentEncoder.Lay(tape, [latent])[0], tape.Given(ContextSize));
    }

    // What the emission reads beside z.
    private long ContextSize => PathSize + (_conditionalEmission ? ObservationSize : 0);

    private Tensor[] OnTape(SequenceBatch batch, Tensor gates)
    {
        var tape = new ScanTape(batch, 1);
        var state = tape.Value(PathSize);
        var memory = cell.Lay(tape, gates, null, state);
        tape.Forward();
        var states = tape.Connect(state)[0];
        // c leads to no distribution but through h.
        return memory is null ? [states] : [states, memory.All];
    }

    public override LatentDistribution Prior(Past past, long rows)
    {
        var features = Features(past);
        if (past.Latent is not null || _controls)
            return head.call(prior.call(features));
        var first = head.call(prior.call(features.narrow(-2, 0, 1)));
        return new DiagonalGaussian(first.Mean.expand(rows, -1), first.Variance.expand(rows, -1));
    }

    public override Tensor EmissionInput(Tensor latent, Past past)
    {
        var encoded = latentEncoder.call(latent);
        return _conditionalEmission ? Columns.Join(encoded, past.Path[0], past.Observation!) : Columns.Join(encoded, past.Path[0]);
    }

    public override Tensor Features(Past past) => past.Path[_latentInPath ? 0 : ^1];

    public override ModelState Advance(Past past, Tensor latent, Tensor? observation) =>
        new(latent, observation, _latentInPath ? past.Path : [.. past.Path.Take(cell.Parts)]);

    public override void StartAt(ObservationStatistics statistics)
    {
        base.StartAt(statistics);
        using var guard = no_grad();
        centre.copy_(statistics.Mean);
    }

    // x_{t−1} of every row; x_0 is 0.
    private Tensor Shifted(SequenceBatch batch, Tensor observations) =>
        cat([zeros([batch.Count, ObservationSize], centre.dtype, centre.device), batch.Predecessors(observations)], 0);

    private Past Step(ModelState? previous, StepInputs inputs, long rows, Tensor gates)
    {
        long own = gates.shape[^2];
        var encoded = Encoded(previous, own);
        var state = cell.Step(_latentInPath ? gates + cell.OfSecond(encoded) : gates, previous?.Path ?? cell.Begin(own));
        return Past(previous, inputs, rows, own == rows ? state : [.. state.Select(part => part.expand(rows, -1))], encoded);
    }

    private Past Past(ModelState? previous, StepInputs inputs, long rows, IReadOnlyList<Tensor> state, Tensor encoded)
    {
        var observation = !_conditionalEmission ? null
            : previous?.Observation ?? zeros([rows, ObservationSize], centre.dtype, centre.device);
        return new Past(previous?.Latent, observation,
            _latentInPath ? state : [.. state, Columns.Join(state[0], previous is null ? encoded.expand(rows, -1) : encoded)], inputs);
    }

    private Tensor Encoded(ModelState? previous, long rows) =>
        latentEncoder.call(previous?.Latent ?? zeros([rows, LatentSize], centre.dtype, centre.device));

    private Tensor Gates(Tensor centred, StepInputs inputs)
    {
        var encoded = observationEncoder.call(centred);
        return cell.OfFirst(_controls ? Columns.Join(encoded, inputs.Controls!) : encoded);
    }
}
