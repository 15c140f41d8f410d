using Microsoft.ML.StateSpace.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

[TestClass]
public class RecurrentCellTests
{
    [TestMethod]
    [DataRow(RnnCell.Lstm)]
    [DataRow(RnnCell.Gru)]
    [DataRow(RnnCell.Rnn)]
    public void StepsAreThoseOfTheLayerOfTheSameWeights(RnnCell kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var cell = new RecurrentCell(kind, 3, 2, 4, new Initializer(4));
        cell.to(ScalarType.Float64);
        using var generator = new Generator(5);
        foreach (var parameter in cell.parameters())
            parameter.add_(randn(parameter.shape, ScalarType.Float64, generator: generator) * 0.3);
        var inputs = randn([5, 6, 5], ScalarType.Float64, generator: generator);
        var expected = Layer(kind, cell, inputs);
        var state = cell.Begin(6);
        for (int t = 0; t < 5; t++)
        {
            var x = inputs[t];
            state = cell.Step(cell.OfFirst(x.narrow(-1, 0, 3)) + cell.OfSecond(x.narrow(-1, 3, 2)), state);
            Assert.AreEqual(0, (state[0] - expected[t]).abs().max().item<double>(), 1e-12);
        }
    }

    [TestMethod]
    [DataRow(RnnCell.Lstm)]
    [DataRow(RnnCell.Gru)]
    [DataRow(RnnCell.Rnn)]
    public void ParticlesStepAsRowsDo(RnnCell kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var cell = new RecurrentCell(kind, 3, 0, 4, new Initializer(4));
        cell.to(ScalarType.Float64);
        using var generator = new Generator(5);
        foreach (int particles in new[] { 3, 70 })
        {
            var x = randn([particles, 2, 3], ScalarType.Float64, generator: generator);
            var shared = cell.Step(cell.OfFirst(randn([2, 3], ScalarType.Float64, generator: generator)), cell.Begin(2));
            var together = cell.Step(cell.OfFirst(x), shared);
            var alone = cell.Step(cell.OfFirst(x[1]), shared);
            CollectionAssert.AreEqual(new long[] { particles, 2, 4 }, together[0].shape);
            Assert.AreEqual(0, (together[^1][1] - alone[^1]).abs().max().item<double>(), 1e-12);
        }
    }

    // The gates of a layer stand as input, forget, candidate, output; those of the cell with the candidate last.
    private static Tensor Layer(RnnCell kind, RecurrentCell cell, Tensor inputs)
    {
        nn.Module layer = kind switch { RnnCell.Lstm => nn.LSTM(5, 4), RnnCell.Gru => nn.GRU(5, 4), _ => nn.RNN(5, 4) };
        layer.to(ScalarType.Float64);
        var own = cell.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        foreach (var (name, parameter) in layer.named_parameters())
            parameter.copy_(Reordered(kind, name switch
            {
                "weight_ih_l0" => cat([own["first"], own["second"]], 1),
                "weight_hh_l0" => own["recurrent"],
                "bias_ih_l0" => own["bias"],
                _ => own.GetValueOrDefault("recurrentBias") ?? zeros_like(own["bias"]),
            }));
        return layer switch
        {
            LSTM lstm => lstm.call(inputs).Item1,
            GRU gru => gru.call(inputs).Item1,
            _ => ((RNN)layer).call(inputs).Item1,
        };
    }

    private static Tensor Reordered(RnnCell kind, Tensor gates) => kind != RnnCell.Lstm ? gates
        : cat([gates.narrow(0, 0, 8), gates.narrow(0, 12, 4), gates.narrow(0, 8, 4)], 0);
}
