using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Tapes;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>What a <see cref="TestDevice"/> computes is what the modules give step by step on the CPU, for every transition × emission ×
/// inference network. Where the CPU stands in, tapes call LibTorch alone, as they do on any other device.</summary>
[TestClass]
public class DeviceContract
{
    public static IEnumerable<object[]> Rows => CombinationContract.DifferentiableRows;

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void BoundsAndGradientsAreThoseOfTheCpu(string transition, string emission, string network)
    {
        using var scope = NewDisposeScope();
        using var networks = CombinationContract.Make(transition, emission, network, readsMask: true);
        networks.to(ScalarType.Float64);
        var sequences = CombinationContract.Sequences(emission, missing: 0.2);
        foreach (var bound in new Bound[] { new Elbo(), new Fivo { Samples = 3 } })
        {
            networks.to(CPU);
            Dictionary<string, Tensor> plain;
            using (Affine.RowsApart())
                plain = On(CPU, networks, bound, sequences);
            networks.to(TestDevice.Device);
            using (HostMemory.StandIn())
            {
                var there = On(TestDevice.Device, networks, bound, sequences);
                CollectionAssert.AreEquivalent(plain.Keys, there.Keys);
                Closeness.AssertRelative([.. plain.Select(p => (p.Key, p.Value, there[p.Key]))], ScalarType.Float64);
            }
        }
    }

    private static Dictionary<string, Tensor> On(Device device, StateSpaceNetworks networks, Bound bound, List<Sequence> sequences)
    {
        using var batch = SequenceBatch.Create(sequences, device, ScalarType.Float64);
        using var noise = new RowNoise(2, batch.NoiseKeys, bound.TrainingParticles, device, ScalarType.Float64);
        var found = CombinationContract.Gradients(networks, bound, batch, noise).ToDictionary(p => p.Key, p => p.Value.cpu());
        using var guard = no_grad();
        using var again = new RowNoise(2, batch.NoiseKeys, bound.TrainingParticles, device, ScalarType.Float64);
        found["bound without gradients"] = bound.Evaluate(new BoundQuery(networks.Generative, networks.Inference, batch, again)).Objective.cpu();
        return found;
    }
}
