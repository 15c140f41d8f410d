using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests.Data;

[TestClass]
public class SequenceTests
{
    [TestMethod]
    public void LengthEndsAtTheLastObservedValueAndPaddingIsNotMissing()
    {
        var sequence = new Sequence(2, [1, 2, float.NaN, float.NaN, 3, float.NaN, 9, 9], [true, true, true, false]);
        Assert.AreEqual(4, sequence.Steps);
        Assert.AreEqual(3, sequence.Length);
        Assert.AreEqual(2, sequence.ObservedSteps);
        Assert.IsTrue(sequence.HasMissing);
        Assert.IsFalse(sequence.IsObserved(1, 0));
        Assert.IsTrue(sequence.IsObserved(2, 0));
        Assert.IsFalse(sequence.IsObserved(2, 1));
        Assert.IsFalse(new Sequence(2, [1, 2, float.NaN, float.NaN]).HasMissing);
    }

    [TestMethod]
    public void NoiseBelongsToTheRow()
    {
        ulong key = new Sequence(1, [1, 2, 3]).NoiseKey;
        Assert.AreEqual(key, new Sequence(1, [1, 2, 3]).NoiseKey);
        Assert.AreEqual(key, new Sequence(1, [1, 2, 3, float.NaN]).NoiseKey, "padding");
        Assert.AreNotEqual(key, new Sequence(1, [1, 2, 4]).NoiseKey);
        Assert.AreNotEqual(new Sequence(1, [0, 2], [true, true]).NoiseKey, new Sequence(1, [float.NaN, 2]).NoiseKey);
        Assert.AreEqual(new Sequence(1, [1], id: "a").NoiseKey, new Sequence(1, [2], id: "a").NoiseKey);
    }

    [TestMethod]
    [DataRow(new float[0], null, "empty")]
    [DataRow(new float[] { 1, 2, 3 }, null, "do not divide")]
    [DataRow(new float[] { 1, 2, 3, 4 }, new[] { true, false, true }, "mask has 3")]
    [DataRow(new float[] { 1, float.PositiveInfinity }, null, "infinite")]
    [DataRow(new float[] { float.NaN, float.NaN }, null, "no value")]
    [DataRow(new float[] { 1, 2, 3, 4 }, new[] { false, false }, "no value")]
    public void BadRowsAreRefusedByName(float[] values, bool[]? mask, string fault)
    {
        var e = Assert.ThrowsExactly<SequenceFormatException>(() => new Sequence(2, values, mask));
        StringAssert.Contains(e.Message, fault);
    }

    [TestMethod]
    public void AnInfiniteValueThatIsMaskedIsMissing() =>
        Assert.AreEqual(1, new Sequence(1, [1, float.PositiveInfinity], [true, false]).Length);
}
