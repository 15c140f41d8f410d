using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Inference;

/// <summary>The network of the filtering and of the smoothing proposal.</summary>
internal sealed class PathProposalModule : InferenceModule
{
    // The model lends its encoder of x: held apart, or its weights would be this network's too, trained and saved twice.
    private sealed record Lender(GenerativeModule Model);

    // The first layer in two parts: what it makes of the data is one product for all steps.
    private readonly Affine fromData;
    private readonly Parameter fromPast;
    private readonly Mlp hidden;
    private readonly GaussianHead head;
    private readonly RnnEncoder? future;
    private readonly Lender _lender;
    private readonly Activation _activation;
    private readonly bool _addsPriorMean;
    private readonly bool _readsPath;

    public PathProposalModule(PathProposal options, SmoothingPathProposal? smoothing, GenerativeModule model, bool readsMask,
        Initializer initializer) : base(smoothing is null ? nameof(FilteringPathProposal) : nameof(SmoothingPathProposal), readsMask)
    {
        _lender = new Lender(model);
        _activation = options.Activation;
        _addsPriorMean = options.AddsPriorMean;
        _readsPath = smoothing is { ReadsPath: true } && model.PathNeedsOnlyData;
        int evidence = model.ObservationFeatureSize + (readsMask ? model.ObservationSize : 0);
        if (smoothing is not null)
            future = new RnnEncoder(evidence + (_readsPath ? model.PathSize : 0),
                new RnnSettings(smoothing.Cell, smoothing.RecurrentSize, 1, 0, 0), backward: true, initializer);
        fromData = new Affine(evidence + (smoothing?.RecurrentSize ?? 0), options.HiddenSize, initializer);
        fromPast = initializer.Weight(options.HiddenSize, model.FeatureSize);
        hidden = new Mlp(options.HiddenSize, options.HiddenSize, options.HiddenLayers - 1, options.Activation, initializer);
        head = new GaussianHead(options.HiddenSize, model.LatentSize, initializer, options.Variance);
        RegisterComponents();
    }

    public override bool ReadsPrior => _addsPriorMean;

    public override Encoding Encode(SequenceBatch batch, Generator? dropoutNoise)
    {
        using var scope = NewDisposeScope();
        var model = _lender.Model;
        var evidence = model.ObservationFeatures(batch.Observations, batch.Observed);
        if (ReadsMask)
            evidence = Columns.Join(evidence, batch.Observed ?? ones_like(batch.Observations));
        if (future is null)
            return new Encoding(batch, fromData.call(evidence).MoveToOuterDisposeScope());
        var path = _readsPath ? model.EncodePath(batch) : null;
        var ahead = future.Encode(path is null ? evidence : Columns.Join(evidence, path[0]), batch, dropoutNoise);
        return new Encoding(batch, fromData.call(Columns.Join(evidence, ahead)).MoveToOuterDisposeScope())
        {
            Path = path is null ? null : [.. path.Select(part => part.MoveToOuterDisposeScope())],
        };
    }

    // The path is no recurrent encoder.
    internal override bool EncodesWindows => !_readsPath;

    internal override Tensor[]? FreeOf(Encoding encoding) => encoding.States;

    public override bool ReadsByStep => future is null;

    internal override bool EncodesApart => future is null;

    public override StepReading Read(SequenceBatch batch, PackedRange rows, IReadOnlyList<Tensor> carried)
    {
        if (future is not null)
            return base.Read(batch, rows, carried);
        using var scope = NewDisposeScope();
        var observations = rows.Of(batch.Observations);
        var observed = batch.Observed is null ? null : rows.Of(batch.Observed);
        var evidence = _lender.Model.ObservationFeatures(observations, observed);
        if (ReadsMask)
            evidence = Columns.Join(evidence, observed ?? ones_like(observations));
        return new StepReading([fromData.call(evidence).MoveToOuterDisposeScope()], []);
    }

    internal override bool HasTape => true;

    internal override TapeGaussian Lay(ScanTape tape, Encoding encoding, TapedPast past, NoiseSource noise)
    {
        var first = tape.Value(fromPast.shape[0]);
        first.StartFromRows(tape.Input(encoding.States[0]));
        Affine.AddProducts(tape, past.Features, fromPast, first);
        tape.Activate(first, _activation);
        var posterior = head.Lay(tape, hidden.Lay(tape, [first]));
        if (_addsPriorMean)
            tape.AddMultiple(past.Prior.Mean, posterior.Mean);
        return posterior;
    }

    public override LatentDistribution Posterior(PosteriorQuery query)
    {
        var first = query.Encoding.Of(query.Rows);
        // z_0 = 0 brings nothing.
        if (_lender.Model.Features(query.Past) is { } features)
            first = first + Affine.Product(features, fromPast, null);
        var posterior = head.call(hidden.call(_activation.Apply(first)));
        return _addsPriorMean ? posterior with { Mean = query.Prior!.Moments!.Value.Mean + posterior.Mean } : posterior;
    }
}
