using System.Buffers.Binary;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Scoring;
using Microsoft.ML.StateSpace.Scoring.Streaming;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Streaming;

/// <summary>A checkpoint goes on bit for bit, and nothing but an undamaged one of the same model and filter is taken.</summary>
[TestClass]
public class CheckPointTests
{
    [TestMethod]
    [DataRow("dmm-mlp-controls-sum-gap", "st-r-rnn-two-layers", FilterMethod.Particle)]
    [DataRow("dmm-aug", "avf-gradient", FilterMethod.Particle)]
    [DataRow("srnn", "filtering-path", FilterMethod.Particle)]
    [DataRow("vrnn", "mf-l-lstm", FilterMethod.Particle)]
    [DataRow("linear-gaussian", "exact-filtering", FilterMethod.Auto)]
    [DataRow("dmm-gated", "st-l-gru", FilterMethod.Unscented)]
    public void AFilterGoesOnBitForBitFromAnyPoint(string name, string network, FilterMethod method)
    {
        using var model = StreamingModel.Of(Parts.Models[name].Make(Parts.Emissions["gaussian"]), Parts.Networks[network], 4, filter: method);
        Sequence[] rows = [.. Enumerable.Range(0, 3).Select(i => StreamingModel.Row($"row {i}", 12, model, missing: i != 1))];
        var options = new FilterOptions { AnomalyScores = true };
        var random = new Random(3);
        using var whole = StreamingModel.Filter(model, options);
        var parts = StreamingModel.Filter(model, options);
        for (int t = 0; t < 12; t++)
        {
            SeriesObservation[] step = [.. rows.Select(row => StreamingModel.Step(row, t))];
            var (expected, found) = (whole.Observe(step), parts.Observe(step));
            for (int i = 0; i < rows.Length; i++)
            {
                ManySeriesTests.AssertSame(expected[i], found[i]);
                Assert.AreEqual(expected[i].AnomalyScore, found[i].AnomalyScore);
            }
            if (random.Next(2) == 0)
                continue;
            using var stream = new MemoryStream();
            parts.CheckPoint(stream);
            parts.Dispose();
            parts = StreamingModel.Filter(model, options);
            stream.Position = 0;
            parts.Restore(stream);
            Assert.AreEqual(stream.Length, stream.Position);
        }
        var ahead = whole.Forecast([.. rows.Select(StreamingModel.Future)], new ForecastOptions { Paths = 4 });
        foreach (var (a, b) in ahead.Zip(parts.Forecast([.. rows.Select(StreamingModel.Future)], new ForecastOptions { Paths = 4 })))
            CollectionAssert.AreEqual(a.Paths.ToArray(), b.Paths.ToArray());
        parts.Dispose();
    }

    [TestMethod]
    public void ASavedModelTakesTheCheckPointsOfTheOneThatWasSaved()
    {
        var ml = new MLContext(seed: 1);
        using var model = StreamingModel.Small();
        var row = StreamingModel.Row("a", 4, model, missing: false);
        using var filter = StreamingModel.Filter(model);
        filter.Observe(StreamingModel.Step(row, 0));
        using var state = new MemoryStream();
        filter.CheckPoint(state);
        using var file = new MemoryStream();
        ml.Model.Save(model, null, file);
        file.Position = state.Position = 0;
        using var loaded = (DeepMarkovTransformer)ml.Model.Load(file, out _);
        using var later = StreamingModel.Filter(loaded);
        later.Restore(state);
        for (int t = 1; t < 4; t++)
            ManySeriesTests.AssertSame(filter.Observe(StreamingModel.Step(row, t)), later.Observe(StreamingModel.Step(row, t)));
    }

    [TestMethod]
    public void AnotherModelsOrFiltersCheckPointIsRefused()
    {
        using var model = StreamingModel.Small();
        using var other = StreamingModel.Small(seed: 2);
        byte[] state = State(model);
        Refused(other, null, state, "another model");
        Refused(model, new FilterOptions { Particles = 128 }, state, "64 particles", "128");
        Refused(model, new FilterOptions { Seed = 9 }, state, "seed 5", "9");
        Refused(model, new FilterOptions { AnomalyScores = true }, state, "without anomaly scores");
        Refused(model, new FilterOptions { Filter = FilterMethod.Unscented }, state, "Particle", "Unscented");
        Refused(model, null, "no checkpoint at all, but long enough"u8.ToArray(), "no checkpoint");
        byte[] newer = [.. state];
        newer[8] = 2;
        Refused(model, null, newer, "version 2");
    }

    // Every byte of what is not a particle, some of those, and every length.
    [TestMethod]
    public void DamageIsRefusedAndChangesNothing()
    {
        using var model = StreamingModel.Small();
        byte[] state = State(model);
        using var filter = StreamingModel.Filter(model);
        filter.Observe(new SeriesObservation("mine", [0, 1]));
        var random = new Random(1);
        for (int i = 0; i < state.Length; i += i < 700 ? 1 : 97)
        {
            byte[] damaged = [.. state];
            damaged[i] ^= (byte)(1 << random.Next(8));
            Assert.ThrowsExactly<InvalidDataException>(() => filter.Restore(new MemoryStream(damaged)), $"byte {i}");
        }
        for (int length = 0; length < state.Length; length += length < 700 ? 1 : 211)
            Assert.ThrowsExactly<InvalidDataException>(() => filter.Restore(new MemoryStream(state, 0, length)), $"{length} bytes");
        CollectionAssert.AreEqual(new[] { "mine" }, filter.Series.ToArray());
        Assert.AreEqual(1, filter.Observe(new SeriesObservation("mine", [0, 1])).Step);
    }

    // Lengths that promise what is not there: no memory is asked for on their word.
    [TestMethod]
    public void ForgedLengthsAreRefused()
    {
        using var model = StreamingModel.Small();
        byte[] state = State(model);
        int header = BinaryPrimitives.ReadInt32LittleEndian(state.AsSpan(12));
        foreach (int forged in new[] { int.MaxValue, int.MinValue, -1, 0, 65_536 })
        {
            byte[] damaged = [.. state];
            BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(12), forged);
            Refused(model, null, damaged, "damaged", "cut short");
            damaged = [.. state];
            BinaryPrimitives.WriteInt32LittleEndian(damaged.AsSpan(16 + header), forged);
            Refused(model, null, damaged, "damaged");
        }
        byte[] many = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.Latin1.GetString(state));
        many = System.Text.Encoding.Latin1.GetBytes(System.Text.Encoding.Latin1.GetString(state).Replace("\"series\":2}", "\"series\":9}"));
        Assert.AreEqual(state.Length, many.Length);
        Refused(model, null, many, "damaged", "cut short");
    }

    private static void Refused(DeepMarkovTransformer model, FilterOptions? options, byte[] state, params string[] words)
    {
        using var filter = StreamingModel.Filter(model, options);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.ThrowsExactly<InvalidDataException>(() => filter.Restore(new MemoryStream(state)));
        Assert.IsTrue(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
        Assert.IsTrue(words.Any(word => e.Message.Contains(word, StringComparison.Ordinal)), e.Message);
    }

    private static byte[] State(DeepMarkovTransformer model)
    {
        using var filter = StreamingModel.Filter(model);
        filter.Observe([new("a", [0.5f, 1]), new("b", [1, 2])]);
        filter.Observe(new SeriesObservation("b", [1, float.NaN]));
        using var stream = new MemoryStream();
        filter.CheckPoint(stream);
        return stream.ToArray();
    }
}
