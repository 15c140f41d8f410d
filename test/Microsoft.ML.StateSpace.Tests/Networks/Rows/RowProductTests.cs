using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>The products of single rows against LibTorch's, and against themselves in other company.</summary>
[TestClass]
public class RowProductTests
{
    // Panels: none full, one, one and a repeated one, two, three and more; inputs and rows around the sizes of blocks.
    public static IEnumerable<object[]> Shapes =>
        from outputs in new[] { 1, 4, 15, 16, 17, 40, 48, 100 }
        from inputs in new[] { 1, 3, 40 }
        from rows in new[] { 1, 2, 3, 5 }
        select new object[] { outputs, inputs, rows };

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void ValuesAreTheProducts(int outputs, int inputs, int rows)
    {
        using var scope = NewDisposeScope();
        using var noise = new Generator(3);
        foreach (bool swapped in new[] { false, true })
            foreach (int particles in new[] { 1, 7, 65 })
            {
                var input = Input(particles, rows, inputs, swapped, noise);
                var layer = Layer(inputs, outputs, noise);
                var plain = layer.call(input).detach();
                using var guard = no_grad();
                using var apart = Affine.RowsApart();
                Assert.IsTrue(RowProduct.Serves(input));
                Closeness.AssertRelative([
                    ("product", plain, layer.call(input)),
                    .. Enum.GetValues<Activation>().Select(f => ($"{f}", f.Apply(plain), layer.Activated(input, f))),
                    ("no bias", plain - layer.Bias, Affine.Product(input, layer.Weight, null)),
                ], ScalarType.Float32);
            }
    }

    /// <summary>A row has the same bits alone, among others, at any place, and with its panels kept or not.</summary>
    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void ARowsBitsAreItsOwn(int outputs, int inputs, int rows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(4);
        using var apart = Affine.RowsApart();
        var (input, layer) = (Input(13, rows, inputs, true, noise), Layer(inputs, outputs, noise));
        using var kept = RowPanels.Keep(new PanelStore());
        var reversed = tensor(Enumerable.Range(0, rows).Select(row => rows - 1L - row).ToArray());
        Tensor together = layer.Activated(input, Activation.Tanh), again = layer.Activated(input.index_select(1, reversed), Activation.Tanh).index_select(1, reversed);
        for (int row = 0; row < rows; row++)
        {
            var expected = layer.Activated(input.narrow(1, row, 1).contiguous(), Activation.Tanh);
            Assert.IsTrue(expected.equal(together.narrow(1, row, 1)).all().item<bool>(), $"row {row}");
            Assert.IsTrue(expected.equal(again.narrow(1, row, 1)).all().item<bool>(), $"row {row}, in another order");
            Assert.IsTrue(expected[0].equal(layer.Activated(input[0, row].unsqueeze(0), Activation.Tanh)).all().item<bool>(), $"row {row}, without particles");
        }
    }

    private static Affine Layer(int inputs, int outputs, Generator noise)
    {
        var layer = new Affine(inputs, outputs, new Initializer(4));
        using var guard = no_grad();
        layer.Bias.copy_(randn([outputs], ScalarType.Float32, generator: noise));
        return layer;
    }

    private static Tensor Input(int particles, int rows, int inputs, bool swapped, Generator noise) => swapped
        ? randn([rows, particles, inputs], ScalarType.Float32, generator: noise).transpose(0, 1) : randn([particles, rows, inputs], ScalarType.Float32, generator: noise);
}
