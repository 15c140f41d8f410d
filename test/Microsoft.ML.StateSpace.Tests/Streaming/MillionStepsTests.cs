using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>A million steps: the batch filter's, window by window, in memory that does not grow.</summary>
[TestClass]
public class MillionStepsTests
{
    private const int Window = 10_000, Windows = 100;

    [TestMethod]
    [TestCategory("Long")]
    public void AMillionStepsAreTheBatchsInFlatMemory()
    {
        using var model = StreamingModel.Of(
            new DeepMarkovModel { LatentSize = 1, Transition = new LinearTransition(), Emission = new GaussianEmission { HiddenLayers = 0 } },
            new FilteringPathProposal { HiddenSize = 4 }, 1);
        using var filter = StreamingModel.Filter(model);
        using var guard = no_grad();
        using var noise = new RowNoise(~model.Options.Scoring.Seed, [Sequence.KeyOf("long")], 64, CPU);
        ParticleState? state = null;
        var random = new Random(1);
        var megabytes = new List<double>();
        for (int window = 0; window < Windows; window++)
        {
            // The windows of one sequence: all but the first one's steps are a part of it.
            float[] values = [.. Enumerable.Range(0, Window + 1).Select(i => i % 7 == 3 ? float.NaN : (float)random.NextDouble())];
            var row = new Sequence(1, values, id: "long").Slice(window == 0 ? 0 : 1, Window);
            var (batch, after) = Batch(model.Networks, row, state, noise);
            state?.Dispose();
            state = after;
            for (int t = 0; t < Window; t++)
                Assert.AreEqual(batch[t], (float)filter.Observe(StreamingModel.Step(row, t)).LogLikelihood, $"window {window}, step {t}");
            GC.Collect();
            megabytes.Add(Environment.WorkingSet / 1e6);
        }
        state!.Dispose();
        double early = megabytes.Skip(10).Take(20).Average(), late = megabytes.TakeLast(20).Average();
        Assert.IsTrue(late - early < 20, $"{early:f0} MB after 300,000 steps at most, {late:f0} MB after a million");
    }

    // The batch loop over one window, from where the window before left it.
    private static (float[] LogLikelihood, ParticleState After) Batch(StateSpaceNetworks networks, Sequence row, ParticleState? before, RowNoise noise)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create([row]);
        ParticleState? after = null;
        var proposal = new PriorWhereUnobserved(networks.FilteringProposal);
        var encoding = ParticleFilter.EncodeByStep(proposal, batch);
        using var apart = Affine.RowsApart();
        var terms = ParticleLoop.Run(new ParticleQuery(networks.Generative, proposal, batch, noise)
        {
            Encoding = encoding,
            Start = before?.State,
            StartWeights = before?.Weights,
            Observer = step =>
            {
                if (step.Time == Window - 1)
                    after = new ParticleState(step.LogWeights.alias().DetachFromDisposeScope(), step.State.Map(part => part.alias().DetachFromDisposeScope()));
            },
        });
        return (terms.StepLogLikelihood.data<float>().ToArray(), after!);
    }

    private sealed record ParticleState(Tensor Weights, ModelState State) : IDisposable
    {
        public void Dispose()
        {
            Weights.Dispose();
            State.Latent.Dispose();
        }
    }
}
