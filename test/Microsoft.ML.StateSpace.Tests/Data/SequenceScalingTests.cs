using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>What is fitted on training sequences, and what it makes of a sequence.</summary>
[TestClass]
public class SequenceScalingTests
{
    [TestMethod]
    public void MeansAndDeviationsAreThoseOfTheObservedValuesInsideTheLengths()
    {
        // 7 is missing, 9 is padding, the second dimension never varies, the third is never observed.
        Sequence[] train =
        [
            new(3, [1, 5, 0, 7, 5, 0, 3, 5, 0, 9, 9, 9], [true, true, false, false, true, false, true, true, false, false, false, false]),
            new(3, [8, 5, float.NaN]),
        ];
        var scaling = ScalingFit.Of(train, observations: true)!;
        CollectionAssert.AreEqual(new double[] { 4, 5, 0 }, scaling.Observations!.Mean.ToArray());
        Assert.AreEqual(Math.Sqrt((9 + 1 + 16) / 3.0), scaling.Observations.Deviation[0], 1e-12);
        CollectionAssert.AreEqual(new double[] { 1, 1 }, scaling.Observations.Deviation.Skip(1).ToArray());
        Assert.IsNull(scaling.Controls);
        Assert.IsNull(scaling.TimeGap);
        Assert.IsNull(ScalingFit.Of(train, observations: false));
    }

    [TestMethod]
    public void LargeOffsetsDoNotSwallowSmallDeviations()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => 1e6f + i % 2)];
        var scale = ScalingFit.Of([new Sequence(1, values)], observations: true)!.Observations!;
        Assert.AreEqual(1e6 + 0.5, scale.Mean[0], 1e-9);
        // Less than a millionth of the mean is rounding: one Single beside another.
        Assert.AreEqual(1, scale.Deviation[0]);
        Assert.AreEqual(0.5, ScalingFit.Of([new Sequence(1, [.. values.Select(v => v - 9e5f)])], observations: true)!.Observations!.Deviation[0], 1e-9);
    }

    /// <summary>Constant and binary controls stay numbers around 1; static covariates count once a sequence.</summary>
    [TestMethod]
    public void ControlsStaticCovariatesAndGapsAreScaledToo()
    {
        Sequence Make(int steps, float level, double gap) => new(1, new float[steps], inputs: new SequenceInputs(3,
            [.. Enumerable.Range(0, steps).SelectMany(t => new float[] { 10 * t, 7, t == 1 ? 1 : 0 })],
            [.. Enumerable.Range(0, steps).Select(t => gap * t)], [level]));
        var scaling = ScalingFit.Of([Make(3, 20, 0.5), Make(2, 40, 2)], observations: false)!;
        Assert.IsNull(scaling.Observations);
        CollectionAssert.AreEqual(new double[] { 8, 7, 0, 30 }, scaling.Controls!.Mean.ToArray());
        double[] deviations = [Math.Sqrt((64 + 4 + 144 + 64 + 4) / 5.0), 1, 1, 10];
        foreach (var (expected, actual) in deviations.Zip(scaling.Controls.Deviation))
            Assert.AreEqual(expected, actual, 1e-12);
        Assert.AreEqual(1, scaling.TimeGap!.Value, 1e-12);

        var row = Make(3, 20, 0.5).Scaled(scaling).Inputs;
        CollectionAssert.AreEqual(new[] { (float)(2 / deviations[0]), 0, 1, -1 }, row.ControlsOf(1).ToArray());
        Assert.AreEqual(0.5f, row.GapBefore(1));
    }

    [TestMethod]
    public void AScaledSequenceKeepsItsNoiseAndItsMask()
    {
        var raw = new Sequence(2, [10, 1, float.NaN, 3, 14, float.NaN, float.NaN, float.NaN], inputs: SequenceInputs.None);
        var scaling = new SequenceScaling(new ColumnScale([10, 1], [4, 0.5]), null, null);
        var scaled = raw.Scaled(scaling);
        CollectionAssert.AreEqual(new float[] { 0, 0, 0, 4, 1, 0, 0, 0 }, scaled.Observations.ToArray());
        Assert.AreEqual(raw.NoiseKey, scaled.NoiseKey);
        Assert.AreEqual(raw.Length, scaled.Length);
        Assert.AreEqual(raw.ObservedSteps, scaled.ObservedSteps);
        Assert.AreSame(raw, raw.Scaled(null));
        // −log 4 where the first dimension is observed, +log 2 where the second is.
        double[] expected = [Math.Log(0.5), Math.Log(2), Math.Log(0.25)];
        for (int t = 0; t < 3; t++)
            Assert.AreEqual(expected[t], scaled.LogJacobianOf(t), 1e-12);
        Assert.AreEqual(expected.Sum(), scaled.LogJacobian(), 1e-12);
        Assert.AreEqual(expected[1] + expected[2], scaled.Slice(1, 2).LogJacobian(), 1e-12);
        Assert.AreEqual(0, raw.LogJacobian());
        float[] back = [.. scaled.Observations];
        scaling.Restore(back);
        Assert.AreEqual(14, back[4]);
        Assert.AreEqual(3, back[3]);
    }

    [TestMethod]
    [DataRow(double.NaN, 1.0, 1.0)]
    [DataRow(0.0, 0.0, 1.0)]
    [DataRow(0.0, double.PositiveInfinity, 1.0)]
    [DataRow(0.0, 1.0, 0.0)]
    public void NumbersThatCannotScaleAreFound(double mean, double deviation, double gap) =>
        Assert.IsNotNull(new SequenceScaling(new ColumnScale([mean], [deviation]), null, gap).FaultFor(1, 0));

    [TestMethod]
    public void AScaleFitsItsSizesOnly()
    {
        var scaling = new SequenceScaling(new ColumnScale([0], [1]), new ColumnScale([0, 0], [1, 1]), 3);
        Assert.IsNull(scaling.FaultFor(1, 2));
        StringAssert.Contains(scaling.FaultFor(2, 2), "1 means and 1 deviations for 2 columns");
        StringAssert.Contains(scaling.FaultFor(1, 3), "controls");
    }
}
