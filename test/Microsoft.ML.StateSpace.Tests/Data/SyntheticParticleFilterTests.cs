using System.Diagnostics;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tests.Oracles;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class SyntheticParticleFilterTests
{
    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public void AgreesWithKalmanOnTheLinearSystem()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic9");
        SyntheticSplit split = system.Draw(20, 25, new NumpyLegacyRandom(5));
        ParticleFilterResult result = new BootstrapParticleFilter(system).Run(split);
        double likelihoodError = 0, filteredError = 0, smoothedError = 0;
        int steps = split.Sequences * split.Steps;
        for (int n = 0; n < split.Sequences; n++)
        {
            KalmanResult kalman = KalmanOracle.Run(
                LinearGaussianSystem.Synthetic9(), [.. split.ObservationsOf(n).ToArray().Select(x => new[] { x })]);
            double difference = kalman.LogLikelihood;
            for (int t = 0; t < split.Steps; t++)
            {
                difference -= result.LogLikelihoodsOf(n)[t];
                filteredError += Math.Pow(kalman.FilteredMeans[t][0] - result.FilteredMeansOf(n)[t], 2) / steps;
                smoothedError += Math.Pow(kalman.SmoothedMeans[t][0] - result.SmoothedMeansOf(n)[t], 2) / steps;
            }

            likelihoodError += difference * difference / split.Sequences;
        }

        TestContext.WriteLine($"mean squares: log-likelihood {likelihoodError:g3}, filtered {filteredError:g3}, smoothed {smoothedError:g3}");
        Assert.IsLessThan(0.08, Math.Sqrt(likelihoodError));
        Assert.IsLessThan(0.15, Math.Sqrt(filteredError), "the latent has a filtered deviation of 4.5");
        Assert.IsLessThan(0.4, Math.Sqrt(smoothedError));
    }

    [TestMethod]
    public void TheZigguratDrawsStandardNormals()
    {
        const int Draws = 4_000_000;
        var noise = new ZigguratNormal(1, 0);
        double sum = 0, squares = 0, fourth = 0;
        int beyondThree = 0, beyondTheTail = 0;
        for (int i = 0; i < Draws; i++)
        {
            double x = noise.Next();
            sum += x;
            squares += x * x;
            fourth += x * x * x * x;
            beyondThree += Math.Abs(x) > 3.0 ? 1 : 0;
            beyondTheTail += Math.Abs(x) > 3.6541528853610088 ? 1 : 0;
        }

        Assert.AreEqual(0.0, sum / Draws, 0.002);
        Assert.AreEqual(1.0, squares / Draws, 0.003);
        Assert.AreEqual(3.0, fourth / Draws, 0.02);
        Assert.AreEqual(2.6998e-3, (double)beyondThree / Draws, 1.2e-4);
        Assert.AreEqual(2.5803e-4, (double)beyondTheTail / Draws, 4e-5);
    }

    [TestMethod]
    public void AgreesWithTheGridOnTheNonlinearSystem()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic10");
        SyntheticSplit split = system.Draw(20, 25, new NumpyLegacyRandom(6));
        ParticleFilterResult result = new BootstrapParticleFilter(system).Run(split);
        var grid = new GridOracle(system);
        double expected = Enumerable.Range(0, split.Sequences).Average(n => grid.Run(split.ObservationsOf(n)).LogLikelihoods.Average());
        Assert.AreEqual(expected, result.LogLikelihoodPerStep, 2e-3);
    }

    [TestMethod]
    public void TheResultBelongsToTheSeedAndTheSequence()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic11");
        SyntheticSplit split = system.Draw(8, 10, new NumpyLegacyRandom(2));
        ParticleFilterResult first = new BootstrapParticleFilter(system, 500, seed: 3).Run(split);
        ParticleFilterResult second = new BootstrapParticleFilter(system, 500, seed: 3).Run(split);
        ParticleFilterResult other = new BootstrapParticleFilter(system, 500, seed: 4).Run(split);
        for (int n = 0; n < split.Sequences; n++)
        {
            CollectionAssert.AreEqual(first.LogLikelihoodsOf(n).ToArray(), second.LogLikelihoodsOf(n).ToArray());
            CollectionAssert.AreEqual(first.FilteredMeansOf(n).ToArray(), second.FilteredMeansOf(n).ToArray());
        }

        Assert.AreNotEqual(first.LogLikelihoodPerStep, other.LogLikelihoodPerStep);
    }

    [TestMethod]
    public void ASequenceThatNoParticleExplainsIsNamed()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic9");
        var split = new SyntheticSplit(1, 2, 1, 1, new double[2], [0.0, double.NaN]);
        AggregateException error = Assert.ThrowsExactly<AggregateException>(() => new BootstrapParticleFilter(system, 10).Run(split));
        StringAssert.Contains(error.InnerException!.Message, "step 1 of sequence 0");
    }

    [TestMethod]
    [TestCategory("Long")]
    public void TheReferenceOfTheDemoIsFastAndWhereItIsExpected()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic11");
        SyntheticSplit test = SyntheticSystems.Generate("synthetic11").Test;
        var clock = Stopwatch.StartNew();
        ParticleFilterResult result = new BootstrapParticleFilter(system).Run(test);
        TestContext.WriteLine($"{result.LogLikelihoodPerStep:f5} nats per step in {clock.Elapsed.TotalSeconds:f1} s");
        Assert.AreEqual(-1.77, result.LogLikelihoodPerStep, 0.03);
    }
}
