using Microsoft.ML.StateSpace.Data.Synthetic;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>The larger published sets against numbers that numpy 1.24 drew.</summary>
[TestClass]
public sealed class SyntheticLargeTests
{
    [TestMethod]
    [DataRow("synthetic12", 1, 2, 0.038051886257349676, -0.028550353478355925, 5, 7, -0.016981947367554297, 0.02877005920394131)]
    [DataRow("synthetic13", 1, 2, 0.05498297979435566, 0.04362149691690876, 5, 7, -0.10170221400882384, 0.029987172976582172)]
    [DataRow("synthetic15", 3, 3, -0.09903982341119635, -0.028550353478355925, 5, 7, 0.021622827549537264, -0.07869074163976186)]
    [DataRow("synthetic18", 3, 3, 0.01592000738165284, 0.0014626484170507, 6, 6, -0.023189887214242814, 0.017683775208269793)]
    public void MatricesAreNumpys(string name, int i, int j, double transition, double offset, int k, int d, double emission, double last)
    {
        SyntheticSystem system = SyntheticSystems.Get(name);
        LinearMap map = system.LinearTransition!;
        Assert.AreEqual(transition, map.Matrix[i, j], 1e-15);
        Assert.AreEqual(offset, map.Offset[4], 1e-15);
        Assert.AreEqual(emission, system.Emission[k, d], 1e-15);
        Assert.AreEqual(last, system.Emission[system.LatentSize - 1, system.ObservationSize - 1], 1e-15);
    }

    [TestMethod]
    public void TheLastDiagonalEndsTheStream()
    {
        SyntheticSystem system = SyntheticSystems.Get("synthetic20");
        Assert.AreEqual((250, 250), (system.LatentSize, system.ObservationSize));
        Assert.AreEqual(-0.11436069588927418, system.LinearTransition!.Matrix[249, 249], 1e-15);
        Assert.AreEqual(0.014045207663470513, system.LinearTransition.Offset[249], 1e-15);
        Assert.AreEqual(-0.08170113132886914, system.Emission[249, 249], 1e-15);
        Assert.AreEqual(0, system.LinearTransition.Matrix[3, 4]);
    }

    [TestMethod]
    [DataRow("synthetic12", 20, new[] { 1.648741900595716, -4.890205745220177, 1.2718604535591986 }, new[] { 4.929553249612808, 0.238376684839331, 5.07565917552821 }, new[] { 907.9623798851998, 987.0950529715534, 256.12813228271364 })]
    [DataRow("synthetic18", 10, new[] { 1.992063435134047, -0.28078039355629186, -4.6779322317786916 }, new[] { -0.39704300877847026, -3.2360074997439456, 1.1894214107973133 }, new[] { -1152.971902790189, 878.1814877350159, -846.2714380302089 })]
    public void DataAreNumpys(string name, int observed, double[] latents, double[] observations, double[] sums)
    {
        SyntheticDataSet data = SyntheticSystems.Generate(name);
        SyntheticSplit[] splits = [data.Train, data.Validation, data.Test];
        CollectionAssert.AreEqual(new[] { 1000, 500, 500 }, splits.Select(split => split.Sequences).ToArray());
        for (int i = 0; i < splits.Length; i++)
        {
            Assert.AreEqual((25, 10, observed), (splits[i].Steps, splits[i].LatentSize, splits[i].ObservationSize));
            Assert.AreEqual(latents[i], splits[i].LatentsOf(3)[4 * 10 + 5], 1e-12);
            Assert.AreEqual(observations[i], splits[i].ObservationsOf(7)[24 * observed + 9], 1e-12);
            Assert.AreEqual(sums[i], Sum(splits[i]), 1e-7);
        }
    }

    [TestMethod]
    public void ATwoHundredAndFiftyDimensionalSystemDraws()
    {
        SyntheticSplit split = SyntheticSystems.Get("synthetic14").Draw(4, 25, new NumpyLegacyRandom(1));
        Assert.AreEqual((250, 500), (split.LatentSize, split.ObservationSize));
        Assert.IsTrue(double.IsFinite(Sum(split)));
    }

    [TestMethod]
    public void TheToyIsNumpysDownToItsOrder()
    {
        SyntheticDataSet data = SyntheticSystems.Generate("dmm-toy");
        Assert.AreEqual(-0.06706677365995165, data.System.LinearTransition!.Matrix[1, 2], 1e-15);
        Assert.AreEqual((10000, 1000, 1000, 10), (data.Train.Sequences, data.Validation.Sequences, data.Test.Sequences, data.Train.Steps));
        Assert.AreEqual(-0.03793611078949442, data.Train.LatentsOf(3)[5], 1e-12);
        Assert.AreEqual(-1.005765511328404, data.Train.ObservationsOf(5)[27], 1e-12);
        Assert.AreEqual(3752.580797231406, Sum(data.Train), 1e-7);
        Assert.AreEqual(-190.21405929450512, Sum(data.Validation), 1e-7);
        Assert.AreEqual(766.7237922430488, Sum(data.Test), 1e-7);
    }

    [TestMethod]
    public void APermutationIsNumpys() =>
        CollectionAssert.AreEqual(new[] { 9, 5, 2, 4, 7, 1, 0, 8, 6, 3 }, new NumpyLegacyRandom(5).NextPermutation(10));

    [TestMethod]
    public void TheChainGraphIsThePublishedOne()
    {
        // What the reference program's own test expects of seed 1234 (in single precision).
        SyntheticSplit split = new ChainGraphSet { Steps = 5, StepsPerObservation = 5 }.Draw(2, new NumpyLegacyRandom(1234));
        Assert.AreEqual(1.426677, split.ObservationsOf(0)[4], 2e-6);
        Assert.AreEqual(-1.789461, split.ObservationsOf(1)[4], 2e-6);
        Assert.IsTrue(split.ObservationsOf(0)[..4].ToArray().All(double.IsNaN));
        Assert.ThrowsExactly<ArgumentException>(() => new ChainGraphSet { StepsPerObservation = 3 }.Draw(1, new NumpyLegacyRandom(1)));
    }

    [TestMethod]
    public void TheChainGraphHasTheVariancesOfItsSystem()
    {
        var set = new ChainGraphSet { Size = 2, Steps = 3, TransitionVariance = 0.5, ObservationVariance = 2 };
        SyntheticSplit split = set.Draw(20_000, new NumpyLegacyRandom(2));
        double first = 0, step = 0, noise = 0;
        for (int n = 0; n < split.Sequences; n++)
        {
            ReadOnlySpan<double> z = split.LatentsOf(n);
            first += z[0] * z[0] / split.Sequences;
            step += Math.Pow(z[4] - z[2], 2) / split.Sequences;
            noise += Math.Pow(split.ObservationsOf(n)[5] - z[5], 2) / split.Sequences;
        }

        Assert.AreEqual(set.System.InitialVariance, first, 0.1);
        Assert.AreEqual(0.5, step, 0.02);
        Assert.AreEqual(2, noise, 0.08);
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(6, 2)]
    public void ALinearGaussianSystemNeverGrows(int latents, int observed)
    {
        SyntheticSystem system = new LinearGaussianSet { LatentSize = latents, ObservationSize = observed }.DrawSystem(new NumpyLegacyRandom(4));
        Assert.AreEqual((latents, observed), (system.LatentSize, system.ObservationSize));
        double largest = 0;
        var random = new NumpyLegacyRandom(5);
        for (int i = 0; i < 2000; i++)
        {
            var state = new double[latents];
            var mean = new double[latents];
            random.FillGaussian(state);
            system.Transition(state, mean, 1);
            largest = Math.Max(largest, Math.Sqrt(mean.Sum(x => x * x) / state.Sum(x => x * x)));
        }

        Assert.IsLessThanOrEqualTo(0.9 + 1e-9, largest);
        Assert.IsGreaterThan(0.7, largest);
    }

    private static double Sum(SyntheticSplit split)
    {
        double sum = 0;
        for (int n = 0; n < split.Sequences; n++)
        {
            foreach (double x in split.ObservationsOf(n))
                sum += x;
        }

        return sum;
    }
}
