using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Models;

/// <summary>What is particular to VRNN and SRNN; what holds for every model is in the contracts.</summary>
[TestClass]
public class RecurrentModelTests
{
    private const int Size = 3;

    public static IEnumerable<object[]> Models =>
        from latentInPath in new[] { true, false }
        from cell in Enum.GetValues<RnnCell>()
        from controls in new[] { false, true }
        select new object[] { latentInPath, cell, controls };

    [TestMethod]
    [DynamicData(nameof(Models))]
    public void ThePathReadAtOnceIsThePathStepByStep(bool latentInPath, RnnCell cell, bool controls)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make(latentInPath, cell, controls);
        using var batch = Batch(controls);
        var known = model.EncodePath(batch)!;
        Assert.AreEqual(!latentInPath, model.PathNeedsOnlyData);
        ModelState? slow = null, quick = null;
        using var generator = new Generator(7);
        for (int t = 0; t < batch.Steps; t++)
        {
            int rows = batch.Active[t];
            var (range, inputs) = (batch.Step(t), batch.Inputs(batch.Step(t)));
            var a = model.Enter(slow?.Rows(rows), inputs, rows);
            var b = model.Enter(quick?.Rows(rows), inputs, rows, [.. known.Select(range.Of)]);
            AssertSame(a.Path, b.Path);
            AssertSame([model.Features(a)!, model.Prior(a, rows).Moments!.Value.Mean], [model.Features(b)!, model.Prior(b, rows).Moments!.Value.Mean]);
            if (!latentInPath)
                AssertSame([a.Path[0]], [range.Of(known[0])]);
            var latent = randn([rows, model.LatentSize], ScalarType.Float64, generator: generator);
            slow = model.Advance(a, latent, range.Of(batch.Observations));
            quick = model.Advance(b, latent, range.Of(batch.Observations));
        }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void ZEntersWhereThePaperSaysSo(bool latentInPath)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make(latentInPath, RnnCell.Lstm, controls: false);
        using var batch = Batch(controls: false);
        int rows = batch.Active[1];
        var start = model.Enter(null, batch.Inputs(batch.Step(0)), batch.Count);
        Past After(double z, double x) => model.Enter(model.Advance(start, full([batch.Count, 2], z, ScalarType.Float64),
            full([batch.Count, Size], x, ScalarType.Float64)).Rows(rows), batch.Inputs(batch.Step(1)), rows);
        Past a = After(0, 1), otherZ = After(1, 1), otherX = After(0, 2);
        Assert.AreEqual(latentInPath, Differs(a.Path[0], otherZ.Path[0]), "h_t of z_{t−1}");
        Assert.IsTrue(Differs(a.Path[0], otherX.Path[0]), "h_t of x_{t−1}");
        Assert.IsTrue(Differs(model.Prior(a, rows).Moments!.Value.Mean, model.Prior(otherZ, rows).Moments!.Value.Mean), "p(z_t) of z_{t−1}");
        Assert.AreEqual(latentInPath ? 5 : 5 + 4, model.FeatureSize);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void InputsAreCentredOnTheTrainingMean(bool latentInPath)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make(latentInPath, RnnCell.Lstm, controls: false);
        var mean = tensor(new double[] { 1, -2, 3 });
        model.StartAt(new ObservationStatistics(mean, ones(Size, ScalarType.Float64)));
        Assert.IsFalse(model.get_parameter("centre")!.requires_grad);
        var atMean = model.ObservationFeatures(mean.unsqueeze(0), null);
        Assert.IsFalse(Differs(atMean, model.ObservationFeatures(zeros([1, Size], ScalarType.Float64), zeros([1, Size], ScalarType.Float64))),
            "what is missing counts as the mean");
        using var batch = Batch(controls: false);
        var start = model.Enter(null, batch.Inputs(batch.Step(0)), batch.Count);
        var known = model.EncodePath(batch);
        AssertSame(start.Path, model.Enter(null, batch.Inputs(batch.Step(0)), batch.Count, [.. known!.Select(batch.Step(0).Of)]).Path);
        var emitted = model.Emission.Mean(zeros([1, 9], ScalarType.Float64));
        Assert.AreEqual(0, (emitted - mean).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    [DataRow(true, 0.0)]
    [DataRow(true, 0.3)]
    [DataRow(false, 0.0)]
    [DataRow(false, 0.3)]
    public void TheProposalDoesNotMoveTheEvidence(bool latentInPath, double missing)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = Make(latentInPath, RnnCell.Gru, controls: false);
        using var batch = SequenceBatch.Create(RandomSequences.Make(3, Size, 4, missing), type: ScalarType.Float64);
        double[]? expected = null;
        // Wider than the prior: then no weight is rare and large.
        var wide = new VarianceParameterisation { RawBias = 2 };
        foreach (var network in new InferenceNetwork[]
        {
            new PriorProposal(), new FilteringPathProposal { AddsPriorMean = true, Variance = wide },
            new SmoothingPathProposal { RecurrentSize = 4, AddsPriorMean = true, Variance = wide },
        })
            foreach (var criterion in new[] { ResamplingCriterion.Never, ResamplingCriterion.EffectiveSampleSize })
            {
                var inference = network.Create(model, missing > 0, new Initializer(8));
                inference.to(ScalarType.Float64);
                using var noise = new RowNoise(5, batch.NoiseKeys, 20000, type: ScalarType.Float64);
                double[] evidence = ParticleLoop.Run(model, inference, batch, noise, criterion).LogEvidence.data<double>().ToArray();
                expected ??= evidence;
                for (int b = 0; b < evidence.Length; b++)
                    Assert.AreEqual(expected[b], evidence[b], criterion == ResamplingCriterion.Never ? 0.3 : 0.12, $"{network.GetType().Name}, {criterion}, row {b}");
            }
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void AProposalBorrowsTheModelsEncoderAndOwnsNoneOfIt(bool smoothing)
    {
        using var scope = NewDisposeScope();
        using var model = Make(latentInPath: false, RnnCell.Lstm, controls: false);
        InferenceNetwork network = smoothing ? new SmoothingPathProposal() : new FilteringPathProposal();
        using var inference = network.Create(model, false, new Initializer(3));
        inference.to(ScalarType.Float64);
        var weights = model.parameters().Select(p => p.Handle).ToHashSet();
        Assert.IsFalse(inference.parameters().Any(p => weights.Contains(p.Handle)));
        Assert.IsFalse(inference.named_parameters().Any(p => p.name.Contains("observationEncoder", StringComparison.Ordinal)));
        using var batch = Batch(controls: false);
        inference.Encode(batch, null).States[0].sum().backward();
        Assert.IsNotNull(model.named_parameters().First(p => p.name.StartsWith("observationEncoder", StringComparison.Ordinal)).parameter.grad);
    }

    [TestMethod]
    public void WhereThereIsAPathTheFilterReadsIt()
    {
        var proposal = new FilteringProposal();
        var smoothing = new SmoothingPathProposal { HiddenSize = 7, HiddenLayers = 2 };
        Assert.AreEqual(new FilteringPathProposal { HiddenSize = 7, HiddenLayers = 2, AddsPriorMean = true }, proposal.NetworkFor(smoothing, new VrnnModel()));
        Assert.AreEqual(new FilteringPathProposal { HiddenSize = 9, AddsPriorMean = true },
            proposal.NetworkFor(new StructuredInference { HiddenSize = 9 }, new SrnnModel()));
        Assert.IsInstanceOfType<StructuredInference>(proposal.NetworkFor(smoothing, new DeepMarkovModel()));
    }

    private static RecurrentModelModule Make(bool latentInPath, RnnCell cell, bool controls)
    {
        RecurrentModel options = latentInPath ? new VrnnModel() : new SrnnModel();
        var model = new RecurrentModelModule(options with
        {
            LatentSize = 2, Cell = cell, HiddenSize = 5, EncoderSize = 4, PriorSize = 6, ConditionOnControls = controls,
            Emission = new GaussianEmission { HiddenLayers = 0, VarianceDependsOnLatent = false },
        }, latentInPath, new DataShape(Size, controls ? 2 : 0), new Initializer(5));
        model.to(ScalarType.Float64);
        model.StartAt(new ObservationStatistics(tensor(new double[] { 0.3, -0.2, 0.1 }), ones(Size, ScalarType.Float64)));
        return model;
    }

    private static SequenceBatch Batch(bool controls)
    {
        var random = new Random(6);
        return SequenceBatch.Create([.. RandomSequences.Make(4, Size, 6).Select(s => !controls ? s
            : new Sequence(Size, s.Observations.ToArray(), id: s.Id, inputs: new SequenceInputs(2,
                [.. Enumerable.Range(0, 2 * s.Length).Select(_ => (float)random.NextDouble())])))], type: ScalarType.Float64);
    }

    private static bool Differs(Tensor a, Tensor b) => (a - b).abs().max().item<double>() > 1e-9;

    private static void AssertSame(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual)
    {
        Assert.AreEqual(expected.Count, actual.Count);
        foreach (var (a, b) in expected.Zip(actual))
        {
            CollectionAssert.AreEqual(a.shape, b.shape);
            Assert.AreEqual(0, (a - b).abs().max().item<double>(), 1e-12);
        }
    }
}
