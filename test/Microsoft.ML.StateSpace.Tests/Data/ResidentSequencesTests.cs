using Microsoft.ML.StateSpace.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Data;

/// <summary>Batches of sequences that lie on a device already, a CPU standing in for it: the same tensors as of those that are sent.</summary>
[TestClass]
public class ResidentSequencesTests
{
    [TestMethod]
    [DataRow(0.0, 0, false)]
    [DataRow(0.3, 0, true)]
    [DataRow(0.3, 2, true)]
    public void ABatchIsTheSame(double missing, int controls, bool times)
    {
        var whole = Sequences(missing, controls, times);
        using var resident = ResidentSequences.Keep(whole, CPU)!;
        Sequence[][] choices =
        [
            [.. whole], [whole[3], whole[0]], [.. whole.Select(s => s.Slice(s.Length - 2, 2))],
            [whole[1].Slice(1, 3).Slice(1, 2), whole[2].WithNoiseKey(7), whole[2].WithNoiseKey(8).Slice(1, 1)],
        ];
        foreach (var rows in choices)
            foreach (bool masked in new[] { false, true })
            {
                Assert.IsNotNull(resident.StartsOf(rows));
                using var expected = SequenceBatch.Create(rows, CPU, ScalarType.Float64, masked);
                using var found = SequenceBatch.Create(rows, CPU, ScalarType.Float64, masked, resident);
                AssertSame(expected, found);
            }
    }

    [TestMethod]
    public void WhatIsNotKeptIsSent()
    {
        var whole = Sequences(0.2, 1, true);
        using var resident = ResidentSequences.Keep([.. whole.Take(3)], CPU)!;
        Sequence[] rows = [whole[0], whole[4]];
        Assert.IsNull(resident.StartsOf(rows));
        using var expected = SequenceBatch.Create(rows, CPU, ScalarType.Float32, masked: false);
        using var found = SequenceBatch.Create(rows, CPU, ScalarType.Float32, masked: false, resident);
        AssertSame(expected, found);
    }

    [TestMethod]
    public void TooManyAreNotKept()
    {
        var whole = Sequences(0, 0, false);
        Assert.IsNull(ResidentSequences.Keep(whole, CPU, mostBytes: 100));
        Assert.IsNull(ResidentSequences.Keep([], CPU));
    }

    private static List<Sequence> Sequences(double missing, int controls, bool times)
    {
        var random = new Random(5);
        float Number() => random.NextSingle() - 0.5f;
        return [.. Enumerable.Range(0, 6).Select(i =>
        {
            int steps = 4 + (3 * i) % 5;
            float[] values = [.. Enumerable.Range(0, 3 * steps).Select(k => k > 0 && k < 3 * steps - 1 && random.NextDouble() < missing ? float.NaN : Number())];
            return new Sequence(3, values, id: $"row {i}", inputs: new SequenceInputs(controls, [.. Enumerable.Range(0, controls * steps).Select(_ => Number())],
                times ? [.. Enumerable.Range(0, steps).Select(t => t * t + 0.1 * i)] : null, controls > 0 ? [0.5f + i] : []));
        })];
    }

    private static void AssertSame(SequenceBatch expected, SequenceBatch found)
    {
        using var scope = NewDisposeScope();
        PackedRange all = new(0, expected.PackedSteps);
        var (inputs, others) = (expected.Inputs(all), found.Inputs(all));
        (string Name, Tensor? Expected, Tensor? Found)[] pairs =
        [
            ("observations", expected.Observations, found.Observations), ("mask", expected.Observed, found.Observed), ("rows", expected.RowIndex, found.RowIndex),
            ("mirrored places", expected.ReverseIndex, found.ReverseIndex), ("predecessors", expected.PredecessorIndex, found.PredecessorIndex),
            ("padded", expected.Pad(expected.Observations), found.Pad(found.Observations)), ("lengths", expected.LengthTensor, found.LengthTensor),
            ("controls", inputs.Controls, others.Controls), ("gaps", inputs.Gap, others.Gap), ("step numbers", inputs.Step, others.Step),
        ];
        foreach (var (name, one, other) in pairs)
        {
            Assert.AreEqual(one is null, other is null, name);
            if (one is not null)
                Assert.IsTrue(one.dtype == other!.dtype && one.shape.SequenceEqual(other.shape) && one.equal(other).all().item<bool>(), name);
        }
        CollectionAssert.AreEqual(expected.NoiseKeys, found.NoiseKeys);
    }
}
