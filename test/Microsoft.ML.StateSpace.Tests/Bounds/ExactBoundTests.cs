using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Tests.Oracles;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Bounds;

/// <summary>Bounds on a linear-Gaussian model with the exact posterior as q and 40% of the interior steps missing.</summary>
[TestClass]
public class ExactBoundTests
{
    private static readonly LinearGaussianSystem s_system = LinearGaussianSystem.OneByTwo();

    private readonly List<Sequence> _sequences = RandomSequences.Make(7, 2, 12, missing: 0.4);
    private readonly KalmanResult[] _kalman;

    public ExactBoundTests() => _kalman = [.. _sequences.Select(s => KalmanOracle.Run(s_system,
        [.. Enumerable.Range(0, s.Length).Select(t => new double[] { s.Observations[2 * t], s.Observations[2 * t + 1] })],
        [.. Enumerable.Range(0, s.Length).Select(t => new[] { s.IsObserved(t, 0), s.IsObserved(t, 1) })]))];

    [TestMethod]
    [DataRow(1)]
    [DataRow(5)]
    [DataRow(70)]
    public void EvidenceIsKalmansLikelihoodForAnyNumberOfParticles(int particles)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        using var noise = new RowNoise(3, batch.NoiseKeys, particles, type: ScalarType.Float64);
        var model = new ExactLinearGaussianModel(s_system);
        var terms = ParticleLoop.Run(model, new ExactPosterior(i => _kalman[i]), batch, noise,
            ResamplingCriterion.Never);
        double[] evidence = terms.LogEvidence.data<double>().ToArray();
        double[] bySteps = batch.SumBySequence(terms.StepLogLikelihood).data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
        {
            Assert.AreEqual(_kalman[batch.Order[b]].LogLikelihood, evidence[b], 1e-9);
            Assert.AreEqual(evidence[b], bySteps[b], 1e-9);
        }
        // After its last step every particle of a sequence carries the same weight.
        double[] sizes = terms.EffectiveSampleSize.data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
            Assert.AreEqual(particles, sizes[batch.Offsets[batch.Lengths[b] - 1] + b], 1e-6);
    }

    [TestMethod]
    public void ElboIsKalmansLikelihoodWithinMonteCarloError()
    {
        const int Samples = 20_000;
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
        using var noise = new RowNoise(4, batch.NoiseKeys, Samples, type: ScalarType.Float64);
        var terms = new Elbo().Evaluate(new BoundQuery(new ExactLinearGaussianModel(s_system), new ExactPosterior(i => _kalman[i]), batch, noise));
        double[] bound = terms.Objective.data<double>().ToArray();
        for (int b = 0; b < batch.Count; b++)
            Assert.AreEqual(_kalman[batch.Order[b]].LogLikelihood, bound[b], 0.05);
    }

    [TestMethod]
    public void FilteringRaisesTheEffectiveSampleSizeAndStaysUnbiased()
    {
        // A proposal that ignores the data: the evidence estimate's mean over seeds is still p(x).
        using var guard = no_grad();
        var model = new ExactLinearGaussianModel(s_system);
        const int Seeds = 400;
        var ratios = new double[_sequences.Count];
        for (int seed = 0; seed < Seeds; seed++)
        {
            using var scope = NewDisposeScope();
            using var batch = SequenceBatch.Create(_sequences, type: ScalarType.Float64);
            using var noise = new RowNoise(seed, batch.NoiseKeys, 64, type: ScalarType.Float64);
            var terms = ParticleLoop.Run(model, new BootstrapProposal(), batch, noise, ResamplingCriterion.EffectiveSampleSize);
            double[] evidence = terms.LogEvidence.data<double>().ToArray();
            for (int b = 0; b < batch.Count; b++)
                ratios[batch.Order[b]] += Math.Exp(evidence[b] - _kalman[batch.Order[b]].LogLikelihood) / Seeds;
        }
        foreach (double ratio in ratios)
            Assert.AreEqual(1, ratio, 0.15);
    }
}
