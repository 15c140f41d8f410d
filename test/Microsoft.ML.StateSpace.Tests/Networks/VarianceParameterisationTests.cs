using Microsoft.ML.StateSpace.Data;
using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Inference;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Contracts;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

[TestClass]
public class VarianceParameterisationTests
{
    [TestMethod]
    public void TheDefaultIsTheVarianceOfEveryOtherNetworkToTheBit()
    {
        using var scope = NewDisposeScope();
        var raw = 5 * randn([1000], generator: new Generator(1));
        Assert.IsTrue(new VarianceParameterisation().VarianceOf(raw).eq(DiagonalGaussian.VarianceOf(raw)).all().item<bool>());
    }

    [TestMethod]
    public void AScaleIsSquaredAndHasAFloor()
    {
        using var scope = NewDisposeScope();
        var scale = new VarianceParameterisation { Convention = VarianceConvention.Scale, RawBias = 0.25, Least = 0.1 };
        double[] variance = scale.VarianceOf(tensor(new[] { 0.5, -20 })).data<double>().ToArray();
        Assert.AreEqual(Math.Pow(Math.Log(1 + Math.Exp(0.75)), 2), variance[0], 1e-12);
        Assert.AreEqual(0.01, variance[1], 1e-12);
    }

    [TestMethod]
    [DataRow(VarianceConvention.Variance)]
    [DataRow(VarianceConvention.Scale)]
    public void RawOfIsTheInverse(VarianceConvention convention)
    {
        using var scope = NewDisposeScope();
        var parameterisation = new VarianceParameterisation { Convention = convention, RawBias = 0.5, Least = 1e-3 };
        var variance = tensor(new[] { 0.01, 0.3, 4, 1e6 });
        Assert.IsTrue(parameterisation.VarianceOf(parameterisation.RawOf(variance)).allclose(variance, 1e-9, 1e-12));
    }

    /// <summary>Softplus is a variance by default, and a scale where asked for: the same weights, the square.</summary>
    [TestMethod]
    [DataRow("gated")]
    [DataRow("parallel-gated")]
    [DataRow("mlp")]
    [DataRow("linear")]
    public void TransitionsReadAVarianceOrAScale(string name)
    {
        using var scope = NewDisposeScope();
        var input = randn([7, 4], generator: new Generator(1));
        DiagonalGaussian Of(VarianceConvention convention) => ((NetworkTransition)Parts.Transitions[name] with
        {
            Variance = new() { Convention = convention },
        }).Create(4, 3, new Initializer(2)).call(input);
        AssertSquared(Of(VarianceConvention.Variance), Of(VarianceConvention.Scale));
        StringAssert.StartsWith(((NetworkTransition)Parts.Transitions[name] with { Variance = new() { Least = 0 } }).Validate().Single(), "Variance.Least is 0;");
    }

    [TestMethod]
    [DataRow("st-l-gru")]
    [DataRow("mf-l-lstm")]
    public void InferenceNetworksReadAVarianceOrAScale(string name)
    {
        using var scope = NewDisposeScope();
        using var batch = SequenceBatch.Create(RandomSequences.Make(3, 4, 5));
        using var model = new DeepMarkovModel { LatentSize = 3 }.Create(new DataShape(4), new Initializer(1));
        (Tensor, Tensor) Of(VarianceConvention convention)
        {
            var options = (RecurrentInference)Parts.Networks[name] with { Variance = new() { Convention = convention } };
            var module = options.Create(model, false, new Initializer(2));
            var past = new Past(null, null, [], batch.Inputs(batch.Step(0)));
            return module.Posterior(new PosteriorQuery(module.Encode(batch, null), batch.Step(0), past, null, new BatchNoise(new Generator(1)))).Moments!.Value;
        }
        var ((m, v), (n, s)) = (Of(VarianceConvention.Variance), Of(VarianceConvention.Scale));
        AssertSquared(new(m, v), new(n, s));
    }

    private static void AssertSquared(DiagonalGaussian variance, DiagonalGaussian scale)
    {
        Assert.IsTrue(variance.Mean.eq(scale.Mean).all().item<bool>());
        Assert.IsTrue((variance.Variance - DiagonalGaussian.LeastVariance).square().allclose(scale.Variance, 1e-4, 1e-9));
        Assert.IsFalse(variance.Variance.allclose(scale.Variance));
    }

    [TestMethod]
    public void FaultsAreNamed()
    {
        StringAssert.StartsWith(new VarianceParameterisation { Least = 0 }.Validate().Single(), "Least is 0;");
        StringAssert.StartsWith(new VarianceParameterisation { RawBias = double.NaN }.Validate().Single(), "RawBias is NaN;");
    }
}
