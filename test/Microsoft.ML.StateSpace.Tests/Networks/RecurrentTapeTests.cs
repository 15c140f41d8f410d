using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

/// <summary>The recurrent layers on tapes against LibTorch's, on ragged batches.</summary>
[TestClass]
public class RecurrentTapeTests
{
    private const int Inputs = 3;

    public static IEnumerable<object[]> Cases =>
        from cell in Enum.GetValues<RnnCell>()
        from backward in new[] { false, true }
        from layers in new[] { 1, 2 }
        from type in new[] { ScalarType.Float32, ScalarType.Float64 }
        select new object[] { cell, backward, layers, type };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void ValuesAndGradientsAreTheLayers(RnnCell cell, bool backward, int layers, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(RandomSequences.Make(5, Inputs, 7), type: type);
        var encoder = new RnnEncoder(Inputs, new RnnSettings(cell, 4, layers, 0, 0), backward, new Initializer(4));
        encoder.to(type);
        using var noise = new Generator(7);
        using (no_grad())
            foreach (var parameter in encoder.parameters())
                parameter.add_(randn(parameter.shape, type, generator: noise), 0.3);
        var expected = Gradients(encoder, batch, apart: true);
        AssertEqual(encoder, batch, expected, Gradients(encoder, batch, apart: false));
        using (HostMemory.StandIn())
            AssertEqual(encoder, batch, expected, Gradients(encoder, batch, apart: false));
    }

    /// <summary>Where every sequence is a single step there is no recursion, and no gradient of its weights.</summary>
    [TestMethod]
    public void SingleStepsHaveNoRecursion()
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(RandomSequences.Make(4, Inputs, 1), type: ScalarType.Float64);
        foreach (var cell in Enum.GetValues<RnnCell>())
        {
            var encoder = new RnnEncoder(Inputs, new RnnSettings(cell, 4, 1, 0, 0), backward: true, new Initializer(4));
            encoder.to(ScalarType.Float64);
            AssertEqual(encoder, batch, Gradients(encoder, batch, apart: true), Gradients(encoder, batch, apart: false));
        }
    }

    /// <summary>The states, and the gradients of a function of them in the inputs and every parameter.</summary>
    private static Tensor[] Gradients(RnnEncoder encoder, SequenceBatch batch, bool apart)
    {
        using var apartness = Affine.RowsApart(apart);
        encoder.zero_grad();
        var inputs = batch.Observations.detach().requires_grad_();
        var states = encoder.Encode(inputs, batch, null);
        var weights = arange(states.numel(), states.dtype).sin().view(states.shape);
        (states * weights + states.square()).sum().backward();
        return [states.detach(), inputs.grad!, .. encoder.parameters().Select(p => p.grad!.clone())];
    }

    private static void AssertEqual(RnnEncoder encoder, SequenceBatch batch, Tensor[] expected, Tensor[] actual)
    {
        string[] names = ["states", "inputs", .. encoder.named_parameters().Select(p => p.name)];
        Assert.AreEqual(names.Length, actual.Length);
        Closeness.AssertRelative([.. names.Select((name, i) => (name, expected[i], actual[i]))], batch.Type);
    }
}
