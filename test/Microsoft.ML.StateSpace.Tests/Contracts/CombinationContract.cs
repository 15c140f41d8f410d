using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>What must hold for every transition × emission × inference network, on ragged batches with missing values.</summary>
[TestClass]
public class CombinationContract
{
    private const int Size = 4;

    public static IEnumerable<object[]> Rows => Parts.Combinations.Concat(Parts.PathCombinations).Concat(Parts.LinearGaussianCombinations);

    public static IEnumerable<object[]> DifferentiableRows => Rows.Where(row => !Parts.Networks[(string)row[2]].LearnsItself);

    [TestMethod]
    [DynamicData(nameof(DifferentiableRows))]
    public void GradientsAgreeWithFiniteDifferencesInFloat64(string transition, string emission, string network)
    {
        using var scope = NewDisposeScope();
        var sequences = Sequences(emission, missing: 0.2);
        using var networks = Make(transition, emission, network, readsMask: true);
        networks.to(ScalarType.Float64);
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        FiniteDifferences.AssertGradients(
            networks.Generative.named_parameters().Concat(networks.Inference.named_parameters()),
            () => Bound(networks, batch).sum());
    }

    /// <summary>The paths taken for speed, in plain numbers and by LibTorch's operations, give what the modules give step by step.</summary>
    [TestMethod]
    [DynamicData(nameof(DifferentiableRows))]
    public void FastPathsAreThePlainOne(string transition, string emission, string network)
    {
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 })
            foreach (double missing in new[] { 0, 0.2 })
            {
                using var scope = NewDisposeScope();
                using var networks = Make(transition, emission, network, readsMask: true);
                networks.to(type);
                using var batch = SequenceBatch.Create(Sequences(emission, missing), type: type);
                foreach (var bound in new Bound[] { new Elbo(), new Fivo { Samples = 3 } })
                {
                    AssertSame(bound);
                    // Where nobody looks whether to resample, noise is drawn for it at every step.
                    using (HostMemory.StandIn())
                        AssertSame(bound);
                }

                void AssertSame(Bound bound)
                {
                    Dictionary<string, Tensor> plain;
                    using (Affine.RowsApart())
                        plain = Gradients(networks, bound, batch);
                    AssertNear(plain, Gradients(networks, bound, batch));
                }

                void AssertNear(Dictionary<string, Tensor> plain, Dictionary<string, Tensor> fast)
                {
                    CollectionAssert.AreEquivalent(plain.Keys, fast.Keys);
                    Closeness.AssertRelative([.. plain.Select(p => (p.Key, p.Value, fast[p.Key]))], type);
                }
            }
    }

    // The bound, and the gradient of its sum in every parameter that it reaches.
    private static Dictionary<string, Tensor> Gradients(StateSpaceNetworks networks, Bound bound, SequenceBatch batch)
    {
        using var noise = new StepwiseNoise(bound.TrainingParticles, batch.Type);
        return Gradients(networks, bound, batch, noise);
    }

    internal static Dictionary<string, Tensor> Gradients(StateSpaceNetworks networks, Bound bound, SequenceBatch batch, NoiseSource noise)
    {
        var parameters = networks.Generative.named_parameters().Select(p => ($"p.{p.name}", p.parameter))
            .Concat(networks.Inference.named_parameters().Select(p => ($"q.{p.name}", p.parameter))).Where(p => p.parameter.requires_grad).ToArray();
        var value = bound.Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, noise)).Objective;
        var gradients = autograd.grad([value.sum()], [.. parameters.Select(p => p.parameter)], allow_unused: true);
        return parameters.Zip(gradients).Where(pair => !pair.Second.IsInvalid).Select(pair => (pair.First.Item1, pair.Second))
            .Append(("bound", value.detach())).ToDictionary();
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void PaddingAndNeighboursChangeNoNumber(string transition, string emission, string network)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sequences = Sequences(emission, missing: 0.2);
        var padded = sequences.Select((s, i) => Padded(s, 1 + i % 3)).ToList();
        using var networks = Make(transition, emission, network, readsMask: true);
        networks.to(ScalarType.Float64);
        double[] together = BySequence(networks, sequences), withPadding = BySequence(networks, padded);
        for (int i = 0; i < sequences.Count; i++)
        {
            Assert.AreEqual(together[i], withPadding[i], 1e-10);
            Assert.AreEqual(together[i], BySequence(networks, [sequences[i]])[0], 1e-10);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void SampledKlIsTheAnalyticOneInMean(string transition, string emission, string network)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var networks = Make(transition, emission, network, readsMask: true);
        networks.to(ScalarType.Float64);
        using var batch = SequenceBatch.Create(Sequences(emission, missing: 0.2), type: ScalarType.Float64);
        const int Samples = 4000;
        var sum = zeros([Samples, batch.Count], ScalarType.Float64);
        var fit = zeros([Samples, batch.Count], ScalarType.Float64);
        using var noise = new RowNoise(2, batch.NoiseKeys, Samples, type: ScalarType.Float64);
        ParticleLoop.Run(networks.Generative, networks.Inference, batch, noise, ResamplingCriterion.Never, observer: step =>
        {
            sum.narrow(1, 0, batch.Active[step.Time]).copy_(step.LogWeights.transpose(0, 1));
            fit.narrow(1, 0, batch.Active[step.Time]).add_(step.LogLikelihood);
        });
        using var again = new RowNoise(2, batch.NoiseKeys, Samples, type: ScalarType.Float64);
        var terms = new Elbo().Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, again));
        // Exact conditionals leave the sampled bound no spread; the analytic one keeps that of its fit.
        double[] sampled = sum.mean([0]).data<double>().ToArray(), error = ((sum.std(0) + fit.std(0)) / Math.Sqrt(Samples)).data<double>().ToArray();
        double[] analytic = terms.Objective.data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
            Assert.AreEqual(sampled[b], analytic[b], 5 * error[b] + 1e-9);
        double[] fits = fit.mean([0]).data<double>().ToArray();
        CollectionAssert.AreEqual(fits.Select(f => Math.Round(f, 8)).ToArray(),
            terms.LogLikelihood.data<double>().ToArray().Select(f => Math.Round(f, 8)).ToArray());
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void ScoresDoNotChangeWithNeighbours(string transition, string emission, string network)
    {
        var sequences = Sequences(emission, missing: 0.2);
        using var networks = Make(transition, emission, network, readsMask: true);
        var scorer = new SequenceScorer(networks, new ScoringOptions { Horizon = 2 }, CPU);
        const ScoreOutputs All = (ScoreOutputs)8191;
        var together = scorer.Score(sequences, All);
        for (int i = 0; i < sequences.Count; i++)
        {
            var alone = scorer.Score([sequences[i]], All)[0];
            foreach (var column in Microsoft.ML.StateSpace.Trainers.ScoreColumns.Of(new ScoringOptions()))
            {
                float[] a = column.Values(alone), b = column.Values(together[i]);
                Assert.AreEqual(a.Length, b.Length);
                for (int k = 0; k < a.Length; k++)
                    Assert.IsTrue(a[k].Equals(b[k]) || Math.Abs(a[k] - b[k]) <= 1e-5f * Math.Max(1, Math.Abs(a[k])), $"{column.Name}[{k}] of row {i}: {a[k]} and {b[k]}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void OnlyANetworkThatUsesTheFutureSeesIt(string transition, string emission, string network)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var networks = Make(transition, emission, network, readsMask: false);
        var before = Timed(RandomSequences.Make(1, Size, 8, binary: true, seed: 1)[0]);
        float[] values = before.Observations.ToArray();
        values[^1] = 1 - values[^1];
        Sequence[] pair = [new Sequence(Size, before.Observations, id: "same", inputs: before.Inputs), new Sequence(Size, values, id: "same", inputs: before.Inputs)];
        AssertSeesFuture(false, networks.FilteringProposal, networks.Generative, pair);
        AssertSeesFuture(Parts.Networks[network].UsesFuture, networks.Inference, networks.Generative, pair);
    }

    private static void AssertSeesFuture(bool sees, InferenceModule inference, GenerativeModule model, Sequence[] pair)
    {
        Tensor[] draws = [.. pair.Select(s => BeforeTheLastStep(inference, model, s))];
        Assert.AreEqual(sees, !draws[0].eq(draws[1]).all().item<bool>());
    }

    private static Tensor BeforeTheLastStep(InferenceModule inference, GenerativeModule model, Sequence sequence)
    {
        using var batch = SequenceBatch.Create([sequence]);
        using var noise = new RowNoise(1, batch.NoiseKeys, 0);
        var scan = new PosteriorScan(model, inference, inference.Encode(batch, null), noise);
        return stack([.. Enumerable.Range(0, batch.Steps - 1).Select(t => scan.Draw(t, withPrior: false).Draw.Latent)]);
    }

    internal static List<Sequence> Sequences(string emission, double missing) =>
        [.. RandomSequences.Make(5, Size, 6, missing, value: random => Parts.Target(emission, random)).Select(Timed)];

    // Times, which most models do not read, reach beyond the padding.
    private static Sequence Timed(Sequence sequence)
    {
        double[] times = [.. Enumerable.Range(0, sequence.Steps + 3).Select(t => t + 0.3 * Math.Sin(7 * t))];
        return new Sequence(Size, sequence.Observations, [.. Enumerable.Range(0, sequence.Observations.Length).Select(i => sequence.IsObserved(i / Size, i % Size))],
            sequence.Id, new SequenceInputs(0, default, times));
    }

    internal static StateSpaceNetworks Make(string transition, string emission, string network, bool readsMask) =>
        new ModelParts(Parts.Model(transition, emission), Parts.Networks[network], new FilteringProposal(), new DataShape(Size, HasTimes: true), readsMask).Create(11);

    private static Tensor Bound(StateSpaceNetworks networks, SequenceBatch batch)
    {
        using var noise = new RowNoise(7, batch.NoiseKeys, 0, type: ScalarType.Float64);
        return new Elbo().Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, noise) { KlWeight = 0.7 }).Objective;
    }

    private static double[] BySequence(StateSpaceNetworks networks, List<Sequence> sequences)
    {
        using var batch = SequenceBatch.Create(sequences, type: ScalarType.Float64);
        double[] rows = Bound(networks, batch).data<double>().ToArray();
        var result = new double[rows.Length];
        for (int b = 0; b < rows.Length; b++)
            result[batch.Order[b]] = rows[b];
        return result;
    }

    private static Sequence Padded(Sequence sequence, int steps)
    {
        float[] values = [.. sequence.Observations.ToArray(), .. new float[steps * Size]];
        bool[] mask = new bool[values.Length];
        for (int i = 0; i < sequence.Observations.Length; i++)
            mask[i] = sequence.IsObserved(i / Size, i % Size);
        return new Sequence(Size, values, mask, sequence.Id, sequence.Inputs);
    }
}
