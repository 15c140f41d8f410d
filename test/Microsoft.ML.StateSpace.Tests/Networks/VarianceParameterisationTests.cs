using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Networks;

[TestClass]
public class VarianceParameterisationTests
{
    [TestMethod]
    public void TheDefaultIsTheVarianceOfEveryOtherNetworkToTheBit()
    {
        using var scope = NewDisposeScope();
        var raw = 5 * randn(1000);
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

    [TestMethod]
    public void FaultsAreNamed()
    {
        StringAssert.StartsWith(new VarianceParameterisation { Least = 0 }.Validate().Single(), "Least is 0;");
        StringAssert.StartsWith(new VarianceParameterisation { RawBias = double.NaN }.Validate().Single(), "RawBias is NaN;");
    }
}
