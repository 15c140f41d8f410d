using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class SyntheticSystemsTests
{
    [TestMethod]
    [DataRow("synthetic9", 1)]
    [DataRow("synthetic10", 1)]
    [DataRow("synthetic11", 2)]
    public void ADataSetHasThePublishedSizes(string name, int size)
    {
        SyntheticDataSet data = SyntheticSystems.Generate(name);
        AssertSizes(data.Train, 5000, 25, size);
        AssertSizes(data.Validation, 500, 25, size);
        AssertSizes(data.Test, 500, 50, size);
    }

    [TestMethod]
    public void TheSplitsContinueOneStream()
    {
        SyntheticDataSet data = SyntheticSystems.Generate("synthetic9");
        Assert.AreEqual(1.6243453636632417, data.Train.LatentsOf(0)[0], 1e-14);
        Assert.AreEqual(-0.6117564136500754, data.Train.LatentsOf(1)[0], 1e-14);
        var random = new NumpyLegacyRandom(1);
        random.FillGaussian(new double[2 * 5000 * 25]);
        Assert.AreEqual(random.NextGaussian(), data.Validation.LatentsOf(0)[0], 1e-14);
    }

    [TestMethod]
    public void TheCoupledSystemFollowsItsEquations()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic11");
        var means = new double[4];
        system.Transition([1.0, -2.0, 3.0, 0.5], means, 2);
        Assert.AreEqual(0.2 * 1.0 + Math.Tanh(0.5 * 3.0), means[0], 1e-15);
        Assert.AreEqual(0.2 * -2.0 + Math.Tanh(0.5 * 0.5), means[1], 1e-15);
        Assert.AreEqual(0.2 * 3.0 + Math.Sin(-0.1 * 1.0), means[2], 1e-15);
        Assert.AreEqual(0.2 * 0.5 + Math.Sin(-0.1 * -2.0), means[3], 1e-15);
    }

    [TestMethod]
    public void TheNoiseHasTheDeclaredVariances()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic11");
        SyntheticSplit train = SyntheticSystems.Generate("synthetic11").Train;
        double initial = 0, emission = 0;
        for (int n = 0; n < train.Sequences; n++)
        {
            initial += Math.Pow(train.LatentsOf(n)[0], 2) / train.Sequences;
            emission += Math.Pow(train.ObservationsOf(n)[7] - 0.5 * train.LatentsOf(n)[7], 2) / train.Sequences;
        }

        Assert.AreEqual(system.InitialVariance, initial, 0.05 * system.InitialVariance);
        Assert.AreEqual(system.ObservationVariance, emission, 0.1 * system.ObservationVariance);
    }

    [TestMethod]
    public void AnUnknownNameListsTheKnownOnes()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => SyntheticSystems.Generate("synthetic99"));
        StringAssert.Contains(error.Message, "synthetic9, synthetic10, synthetic11");
    }

    [TestMethod]
    public void ASplitRefusesArraysOfAnotherSize()
    {
        Assert.ThrowsExactly<ArgumentException>(() => new SyntheticSplit(2, 3, 1, 1, new double[6], new double[5]));
    }

    private static void AssertSizes(SyntheticSplit split, int sequences, int steps, int size)
    {
        Assert.AreEqual(sequences, split.Sequences);
        Assert.AreEqual(steps, split.Steps);
        Assert.AreEqual(size, split.LatentSize);
        Assert.AreEqual(size * steps, split.ObservationsOf(sequences - 1).Length);
        Assert.AreEqual(size * steps, split.LatentsOf(sequences - 1).Length);
    }
}
