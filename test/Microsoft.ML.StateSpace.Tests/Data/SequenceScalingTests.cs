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
        Assert.ThrowsExactly<InvalidOperationException>(() => scaled.Slice(0, 2).Scaled(scaling));
        // −log 4 where the first dimension is observed, +log 2 where the second is.
        double[] expected = [Math.Log(0.5), Math.Log(2), Math.Log(0.25)];
        for (int t = 0; t < 3; t++)
            Assert.AreEqual(expected[t], scaled.LogJacobianOf(t), 1e-12);
        Assert.AreEqual(expected.Sum(), scaled.LogJacobian(), 1e-12);
        Assert.AreEqual(expected[1] + expected[2], scaled.Slice(1, 2).LogJacobian(), 1e-12);
        Assert.AreEqual(0, raw.LogJacobian());
        float[] back = [.. scaled.Observations];
        scaling.Restore(back, []);
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

    /// <summary>Against the exact relation that the values were made by; the other dimension's lagged values take no part.</summary>
    [TestMethod]
    public void ARegressionFindsWhatTheValuesWereMadeOf()
    {
        var random = new Random(2);
        Sequence[] train = [.. Enumerable.Range(0, 5).Select(i => Regressed(random, 40, noise: 0))];
        var scaling = ScalingFit.Of(train, observations: true, new ControlRegression { Lags = 1, Ridge = 0 })!;
        // x_0 = 5 + 2 u − 0.5 x′_0 + s, x_1 = −1 + 0.7 x′_1 − 3 s, in units of standardised controls.
        double[][] expected = [[2, -0.5, 0, 1], [0, 0, 0.7, -3]];
        for (int d = 0; d < 2; d++)
            for (int u = 0; u < 4; u++)
                Assert.AreEqual(expected[d][u] * scaling.Controls!.Deviation[u], scaling.Regression![d][u], 1e-4, $"{d}, {u}");
        foreach (var row in train)
        {
            var scaled = row.Scaled(scaling);
            float[] values = [.. scaled.Observations];
            scaling.Restore(values, new Microsoft.ML.StateSpace.Scoring.Future(scaled.Inputs, 0).ControlsUntil(row.Steps));
            for (int i = 0; i < values.Length; i++)
                if (row.IsObserved(i / 2, i % 2))
                    Assert.AreEqual(row.Observations[i], values[i], 1e-3f);
        }
    }

    [TestMethod]
    public void WhatARegressionLeavesOverHasMeanZeroAndDeviationOne()
    {
        var random = new Random(3);
        Sequence[] train = [.. Enumerable.Range(0, 5).Select(i => Regressed(random, 400, noise: 0.3))];
        var scaling = ScalingFit.Of(train, observations: true, new ControlRegression { Lags = 1 })!;
        float[] rest = [.. train.Select(r => r.Scaled(scaling)).SelectMany(r => Enumerable.Range(0, r.Steps).Where(t => r.IsObserved(t, 1)).Select(t => r.Observations[2 * t + 1]))];
        Assert.AreEqual(0, rest.Average(), 1e-4);
        Assert.AreEqual(1, rest.Average(v => v * v), 1e-3);
        Assert.AreEqual(0.3, scaling.Observations!.Deviation[1], 0.02);
    }

    /// <summary>A control that is another's double, and one that never varies.</summary>
    [TestMethod]
    public void ControlsThatMakeOneAnotherUpAreNoHarm()
    {
        Sequence[] train = [new(1, [.. Enumerable.Range(0, 20).Select(t => 7 + 3f * (t * t % 11))], inputs: new SequenceInputs(3,
            [.. Enumerable.Range(0, 20).SelectMany(t => new float[] { t * t % 11, 2 * (t * t % 11), 5 })]))];
        foreach (double ridge in new[] { 0, 1e-3 })
        {
            var scaling = ScalingFit.Of(train, observations: true, new ControlRegression { Ridge = ridge })!;
            Assert.AreEqual(scaling.Regression![0][0], scaling.Regression[0][1], 1e-9, "the smallest weights share what both say");
            Assert.AreEqual(0, scaling.Regression[0][2], 1e-9);
            Assert.AreEqual(3 * scaling.Controls!.Deviation[0], scaling.Regression[0][0] + scaling.Regression[0][1], ridge == 0 ? 1e-6 : 0.02);
        }
    }

    [TestMethod]
    public void AForgedRegressionIsRefused()
    {
        var sound = new SequenceScaling(new ColumnScale([0, 0], [1, 1]), new ColumnScale([0], [1]), null, [[1], [2]]);
        Assert.IsNull(sound.FaultFor(2, 1));
        foreach (var wrong in new[] { sound with { Regression = [[1]] }, sound with { Regression = [[1], [1, 2]] }, sound with { Regression = [[1], null!] },
            sound with { Regression = [[1], [double.NaN]] }, sound with { Observations = null }, sound with { Controls = null } })
            StringAssert.Contains(wrong.FaultFor(2, 1) ?? "", "regression");
    }

    // Controls: u, the values before of both dimensions (as drawn), and a static covariate s.
    private static Sequence Regressed(Random random, int steps, double noise)
    {
        float Draw() => (float)(random.NextDouble() * 4 - 2);
        float s = Draw();
        var (values, controls) = (new float[2 * steps], new float[3 * steps]);
        for (int t = 0; t < steps; t++)
        {
            (controls[3 * t], controls[3 * t + 1], controls[3 * t + 2]) = (1000 + Draw(), Draw(), Draw());
            double Noise() => noise * Math.Sqrt(3) * (2 * random.NextDouble() - 1);
            values[2 * t] = t % 7 == 3 ? float.NaN : (float)(5 + 2 * (controls[3 * t] - 1000) - 0.5 * controls[3 * t + 1] + s + Noise());
            values[2 * t + 1] = (float)(-1 + 0.7 * controls[3 * t + 2] - 3 * s + Noise());
        }
        return new Sequence(2, values, inputs: new SequenceInputs(3, controls, statics: [s]));
    }
}
