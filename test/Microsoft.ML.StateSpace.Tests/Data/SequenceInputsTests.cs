using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Scoring;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>Controls and times beside the observations, and where a batch puts them.</summary>
[TestClass]
public class SequenceInputsTests
{
    [TestMethod]
    [DataRow(2, new float[] { 1, 2, 3 }, null, "3 controls do not divide into steps of 2")]
    [DataRow(0, new float[] { 1 }, null, "1 controls do not divide into steps of 0")]
    [DataRow(1, new float[] { 1, float.NaN }, null, "the control is NaN")]
    [DataRow(0, new float[0], new double[] { 0, 2, 1 }, "the time is 1 after 2")]
    [DataRow(0, new float[0], new double[] { double.PositiveInfinity }, "times must be finite")]
    public void BadInputsAreRefused(int size, float[] controls, double[]? times, string fault) =>
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => new SequenceInputs(size, controls, times)).Message, fault);

    [TestMethod]
    public void InputsMustReachAsFarAsTheObservations()
    {
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => Make(3, new SequenceInputs(1, [1, 2]))).Message,
            "there are controls for 2 steps, but 3 steps of observations");
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => Make(3, new SequenceInputs(0, default, [0, 1]))).Message,
            "there are 2 times, but 3 steps of observations");
        Assert.AreEqual(4, Make(3, new SequenceInputs(1, [1, 2, 3, 4])).Inputs.ControlSteps);
    }

    [TestMethod]
    public void AGapIsTheTimeSinceTheStepBeforeAndTheLastOneGoesOn()
    {
        var inputs = new SequenceInputs(0, default, [10, 10.5, 13]);
        CollectionAssert.AreEqual(new[] { 0f, 0.5f, 2.5f, 2.5f, 2.5f }, Enumerable.Range(0, 5).Select(inputs.GapBefore).ToArray());
        Assert.AreEqual(0, new SequenceInputs(0, default, [4]).GapBefore(3));
        Assert.AreEqual(0, SequenceInputs.None.GapBefore(2));
        // In a model's unit of time; where a row has but one time, a step further is one unit.
        var scaling = new SequenceScaling(null, null, TimeGap: 0.5);
        CollectionAssert.AreEqual(new[] { 0f, 1f, 5f, 5f }, Enumerable.Range(0, 4).Select(inputs.Scaled(scaling).GapBefore).ToArray());
        Assert.AreEqual(1, new SequenceInputs(0, default, [4]).Scaled(scaling).GapBefore(3));
    }

    [TestMethod]
    public void ABatchPacksThemStepByStepLongestFirst()
    {
        using var scope = NewDisposeScope();
        Sequence[] rows =
        [
            Make(2, new SequenceInputs(2, [1, 2, 3, 4, 91, 92], [0, 1])),
            Make(3, new SequenceInputs(2, [5, 6, 7, 8, 9, 10], [0, 2, 5])),
        ];
        using var batch = SequenceBatch.Create(rows);
        Assert.AreEqual(2, batch.ControlSize);
        var all = batch.Inputs(new PackedRange(0, batch.PackedSteps));
        CollectionAssert.AreEqual(new float[] { 5, 6, 1, 2, 7, 8, 3, 4, 9, 10 }, all.Controls!.reshape(-1).data<float>().ToArray());
        CollectionAssert.AreEqual(new float[] { 0, 0, 2, 1, 3 }, all.Gap!.reshape(-1).data<float>().ToArray());
        CollectionAssert.AreEqual(new long[] { 0, 0, 1, 1, 2 }, all.Step.data<long>().ToArray());
        var second = batch.Inputs(batch.Step(1));
        CollectionAssert.AreEqual(new float[] { 7, 8, 3, 4 }, second.Controls!.reshape(-1).data<float>().ToArray());
        CollectionAssert.AreEqual(new long[] { 2, 1 }, second.Gap!.shape);
        using var bare = SequenceBatch.Create([Make(2, null)]);
        var none = bare.Inputs(bare.Step(0));
        Assert.IsNull(none.Controls);
        Assert.IsNull(none.Gap);
    }

    [TestMethod]
    public void SequencesOfOneBatchHaveTheSameInputs()
    {
        foreach (var other in new[] { new SequenceInputs(2, new float[4]), new SequenceInputs(1, new float[2], [0, 1]), null })
            Assert.ThrowsExactly<ArgumentException>(() => SequenceBatch.Create([Make(2, new SequenceInputs(1, [1, 2])), Make(2, other)]));
    }

    [TestMethod]
    public void AForecastReadsTheRowsAfterEachLength()
    {
        using var scope = NewDisposeScope();
        Sequence[] rows =
        [
            Make(2, new SequenceInputs(1, [1, 2, 3, 4], [0, 1, 1.5])),
            Make(3, new SequenceInputs(1, [5, 6, 7, 8, 9], [0, 2, 5])),
        ];
        var data = new DataShape(1, 1, true);
        var future = FutureInputs.Of(data, FutureInputs.After(data, rows, 2), 2, CPU);
        CollectionAssert.AreEqual(new float[] { 3, 8 }, future[0].Controls!.data<float>().ToArray());
        CollectionAssert.AreEqual(new float[] { 4, 9 }, future[1].Controls!.data<float>().ToArray());
        CollectionAssert.AreEqual(new[] { 0.5f, 3f }, future[0].Gap!.data<float>().ToArray());
        CollectionAssert.AreEqual(new long[] { 3, 4 }, future[1].Step.data<long>().ToArray());
        StringAssert.Contains(Assert.ThrowsExactly<SequenceFormatException>(() => FutureInputs.After(data, rows, 3)).Message,
            "3 steps after the first 2 need controls for 5 steps, but there are 4");
    }

    private static Sequence Make(int steps, SequenceInputs? inputs) => new(1, Enumerable.Range(0, steps).Select(t => (float)t).ToArray(), inputs: inputs);
}
