using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Recurrent layers row by row: LibTorch's values, and bits that belong to the row.</summary>
[TestClass]
public class RowRecurrenceTests
{
    private const int Inputs = 3;

    public static IEnumerable<object[]> Cases =>
        from cell in Enum.GetValues<RnnCell>()
        from layers in new[] { 1, 2 }
        from size in new[] { 5, 16, 21 }
        select new object[] { cell, layers, size };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void ValuesAreTheLayers(RnnCell cell, int layers, int size)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var batch = SequenceBatch.Create(RandomSequences.Make(5, Inputs, 7));
        foreach (bool backward in new[] { false, true })
        {
            var encoder = Encoder(cell, layers, size, backward);
            var plain = encoder.Encode(batch.Observations, batch, null);
            using var apart = Affine.RowsApart();
            Closeness.AssertRelative([("states", plain, encoder.Encode(batch.Observations, batch, null))], ScalarType.Float32);
        }
    }

    /// <summary>Read whole or one step after another, alone or together: the same bits.</summary>
    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void ARowsBitsAreItsOwn(RnnCell cell, int layers, int size)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var apart = Affine.RowsApart();
        var rows = RandomSequences.Make(5, Inputs, 7);
        using var batch = SequenceBatch.Create(rows);
        var (forward, backward) = (Encoder(cell, layers, size, false), Encoder(cell, layers, size, true));
        Tensor states = forward.Encode(batch.Observations, batch, null), reversed = backward.Encode(batch.Observations, batch, null);
        for (int b = 0; b < batch.Count; b++)
        {
            using var alone = SequenceBatch.Create([rows[batch.Order[b]]]);
            Tensor whole = forward.Encode(alone.Observations, alone, null), wholeReversed = backward.Encode(alone.Observations, alone, null);
            Tensor[] carried = [];
            for (int t = 0; t < batch.Lengths[b]; t++)
            {
                var place = new PackedRange(batch.Offsets[t] + b, 1);
                (var step, carried) = forward.EncodeStep(alone.Step(t).Of(alone.Observations), carried);
                foreach (var found in new[] { place.Of(states), alone.Step(t).Of(whole) })
                    Assert.IsTrue(step.equal(found).all().item<bool>(), $"row {b}, step {t}");
                Assert.IsTrue(alone.Step(t).Of(wholeReversed).equal(place.Of(reversed)).all().item<bool>(), $"row {b}, step {t}, backwards");
            }
        }
    }

    private static RnnEncoder Encoder(RnnCell cell, int layers, int size, bool backward)
    {
        var encoder = new RnnEncoder(Inputs, new RnnSettings(cell, size, layers, 4, 0), backward, new Initializer(4));
        using var noise = new Generator(7);
        using var guard = no_grad();
        foreach (var parameter in encoder.parameters())
            parameter.add_(randn(parameter.shape, ScalarType.Float32, generator: noise), 0.3);
        return encoder;
    }
}
