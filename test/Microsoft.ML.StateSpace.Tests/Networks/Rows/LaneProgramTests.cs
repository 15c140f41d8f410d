using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>Layers over blocks of rows against the same layers over one row: the same bits.</summary>
[TestClass]
public class LaneProgramTests
{
    // Outputs for every kernel: eight, four, two, one, and a last panel that begins earlier; rows for full and for partly empty blocks.
    public static IEnumerable<object[]> Shapes =>
        from outputs in new[] { 1, 2, 3, 4, 7, 16, 23, 40 }
        from inputs in new[] { 1, 2, 5, 40 }
        from rows in new[] { 1, 3, 31, 70 }
        select new object[] { outputs, inputs, rows };

    [TestMethod]
    [DynamicData(nameof(Shapes))]
    public void LayersGiveTheBitsOfSingleRows(int outputs, int inputs, int rows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(3);
        using var apart = Affine.RowsApart();
        var initializer = new Initializer(4);
        var (hidden, residual) = (new Mlp(inputs, 17, 2, Activation.Elu, initializer), new OutputLayer(17, inputs, outputs, true, initializer));
        var (second, head) = (new Affine(17, outputs, initializer), new GaussianHead(17, outputs, initializer, new VarianceParameterisation { RawBias = 0.5, Least = 0.01 }));
        var scale = new GaussianHead(17, outputs, initializer, new VarianceParameterisation { Convention = VarianceConvention.Scale, Least = 0.7 });
        foreach (bool swapped in new[] { false, true })
            foreach (int particles in new[] { 1, 3, 33 })
            {
                var input = Input(particles, rows, inputs, swapped, noise);
                var (mean, other) = residual.Over(hidden, input, second);
                var (gaussian, scaled) = (head.Over(hidden, input), scale.Over(hidden, input));
                if (particles > 1 && rows > 1)
                    Assert.AreEqual(swapped, mean.stride()[0] < mean.stride()[1], "the order in memory");
                foreach (int row in new[] { 0, rows / 2, rows - 1 })
                {
                    var alone = input[particles - 1, row].unsqueeze(0);
                    var last = hidden.call(alone);
                    var (one, oneScaled) = (head.call(last), scale.call(last));
                    AssertSame(residual.call(last, alone), mean[particles - 1, row], "output");
                    AssertSame(second.call(last), other![particles - 1, row], "second output");
                    AssertSame(one.Mean, gaussian.Mean[particles - 1, row], "mean");
                    AssertSame(one.Variance, gaussian.Variance[particles - 1, row], "variance");
                    AssertSame(oneScaled.Variance, scaled.Variance[particles - 1, row], "variance of a scale");
                }
            }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 5)]
    [DataRow(40, 3)]
    [DataRow(33, 70)]
    public void WhatParticlesShareIsTheirRows(int particles, int rows)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var noise = new Generator(5);
        foreach (bool swapped in new[] { false, true })
        {
            var (input, shared) = (Input(particles, rows, 6, swapped, noise), randn([rows, 6], ScalarType.Float32, generator: noise));
            var program = new LaneProgram(input, out var value);
            var sum = program.Output(program.AddTanh(shared, 0.25, value));
            program.Run();
            // A fourth is exact, and so is the product.
            Assert.IsTrue(sum.equal(RowFunctions.Tanh(input) * 0.25f + shared).all().item<bool>(), $"{particles} particles of {rows} rows, swapped {swapped}");
        }
    }

    [TestMethod]
    public unsafe void NumbersAreTransposed()
    {
        for (int rows = 1; rows <= 9; rows++)
            for (int columns = 1; columns <= 9; columns++)
            {
                float[] from = [.. Enumerable.Range(0, rows * 11).Select(i => (float)i)], to = new float[columns * 13];
                Array.Fill(to, -1);
                fixed (float* x = from, y = to)
                    LaneKernels.Transpose(x, 11, y, 13, rows, columns);
                for (int j = 0; j < columns; j++)
                    for (int i = 0; i < 13; i++)
                        Assert.AreEqual(i < rows ? from[i * 11 + j] : -1, to[j * 13 + i], $"{rows} × {columns}: {i}, {j}");
            }
    }

    private static void AssertSame(Tensor expected, Tensor found, string what) =>
        Assert.IsTrue(expected.reshape(-1).equal(found.reshape(-1)).all().item<bool>(), what);

    private static Tensor Input(int particles, int rows, int inputs, bool swapped, Generator noise) => swapped
        ? randn([rows, particles, inputs], ScalarType.Float32, generator: noise).transpose(0, 1) : randn([particles, rows, inputs], ScalarType.Float32, generator: noise);
}
