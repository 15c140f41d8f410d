using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Models;
using Microsoft.ML.StateSpace.Tests.Oracles;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.LinearGaussian;

/// <summary>What a state in continuous time does over a gap, against integrals, closed forms and limits.</summary>
[TestClass]
public class DiscretisationTests
{
    [TestMethod]
    public void ItIsTheIntegralOverTheGap()
    {
        using var scope = NewDisposeScope();
        double[] gaps = [11, 3, 0.7, 0.05];
        var found = Discretisation.Of(tensor(ContinuousCase.Drift), tensor(ContinuousCase.Diffusion), gaps, withInput: true);
        for (int i = 0; i < gaps.Length; i++)
        {
            AssertEqual(ContinuousCase.Exponential(ContinuousCase.Drift, gaps[i]), found.Transition[i], 1e-12);
            AssertEqual(ContinuousCase.Integral(ContinuousCase.Diffusion, gaps[i], bothSides: true), found.Covariance[i], 1e-7);
            AssertEqual(ContinuousCase.Integral(LinearAlgebra.Identity(3), gaps[i], bothSides: false), found.Input![i], 1e-7);
        }
    }

    /// <summary>dz = −θ z dt + v dt + s dW has Q = s²(1 − e^{−2θΔ}) / 2θ and Γ = (1 − e^{−θΔ}) / θ.</summary>
    [TestMethod]
    [DataRow(0.3)]
    [DataRow(40)]
    public void AnOrnsteinUhlenbeckProcessHasItsClosedForm(double theta)
    {
        using var scope = NewDisposeScope();
        double[] gaps = [1e7, 1000, 7, 1, 0.01, 1e-6];
        var found = Discretisation.Of(tensor(new[,] { { -theta } }), tensor(new[,] { { 2.5 } }), gaps, withInput: true);
        for (int i = 0; i < gaps.Length; i++)
        {
            AssertRelative(Math.Exp(-theta * gaps[i]), found.Transition[i].item<double>());
            AssertRelative(2.5 * Lost(2 * theta * gaps[i]) / (2 * theta), found.Covariance[i].item<double>());
            AssertRelative(Lost(theta * gaps[i]) / theta, found.Input![i].item<double>());
        }
    }

    /// <summary>A gap that would take exp(−F Δ) beyond all floats leads to the stationary state: F Q + Q Fᵀ + L Lᵀ = 0.</summary>
    [TestMethod]
    public void ALongGapEndsInTheStationaryState()
    {
        using var scope = NewDisposeScope();
        using Tensor drift = tensor(ContinuousCase.Drift), diffusion = tensor(ContinuousCase.Diffusion);
        var found = Discretisation.Of(drift, diffusion, [1e6, 0.5], withInput: true);
        var stationary = found.Covariance[0];
        Assert.AreEqual(0, (drift.matmul(stationary) + stationary.matmul(drift.t()) + diffusion).abs().max().item<double>(), 1e-9);
        Assert.AreEqual(0, found.Transition[0].abs().max().item<double>(), 1e-12);
        Assert.AreEqual(0, (drift.matmul(found.Input![0]) + eye(3, dtype: ScalarType.Float64)).abs().max().item<double>(), 1e-9);
        // The short gap beside it is what it is alone.
        var alone = Discretisation.Of(drift, diffusion, [0.5], withInput: true);
        Assert.AreEqual(0, (alone.Covariance[0] - found.Covariance[1]).abs().max().item<double>(), 1e-15);
    }

    [TestMethod]
    public void ItsGradientAgreesWithFiniteDifferencesAcrossDoublings()
    {
        using var scope = NewDisposeScope();
        var drift = new TorchSharp.Modules.Parameter(tensor(ContinuousCase.Drift));
        var root = new TorchSharp.Modules.Parameter(linalg.cholesky(tensor(ContinuousCase.Diffusion)).contiguous());
        var weights = randn([3, 3, 3], ScalarType.Float64, generator: new Generator(2));
        FiniteDifferences.AssertGradients([("F", drift), ("L", root)], () =>
        {
            var found = Discretisation.Of(drift, root.matmul(root.t()), [9, 2, 0.1], withInput: true);
            return (weights * (found.Transition + 2 * found.Covariance + 3 * found.Input!)).sum();
        }, perParameter: 9);
    }

    /// <summary>On a device nobody looks at F: every gap says for itself how often it is halved.</summary>
    [TestMethod]
    public void WithoutALookAtTheDriftItIsTheSame()
    {
        using var scope = NewDisposeScope();
        double[] gaps = [1e6, 900, 900, 11, 0.5, 1e-6];
        Tensor[] Found(bool looks)
        {
            Tensor drift = tensor(ContinuousCase.Drift).requires_grad_(), diffusion = tensor(ContinuousCase.Diffusion).requires_grad_();
            var found = Discretisation.Of(drift, diffusion, gaps, withInput: true, looks);
            var sum = (found.Transition + 2 * found.Covariance).sum() + found.Input!.sum();
            return [found.Transition, found.Covariance, found.Input!, .. autograd.grad([sum], [drift, diffusion])];
        }
        foreach (var (looked, not) in Found(looks: true).Zip(Found(looks: false)))
            Assert.AreEqual(0, (looked - not).abs().max().item<double>(), 1e-14 * looked.abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(1.0, false)]
    [DataRow(2.0, true)]
    public void ADriftBeyondTheLargestRateGivesNoNumberAtAllWithoutALook(double share, bool isBeyond)
    {
        using var scope = NewDisposeScope();
        var found = Discretisation.Of(tensor(new[,] { { -share * GapHalvings.LargestRate } }), tensor(new[,] { { 2.5 } }), [3, 1e-3], withInput: true, looks: false);
        for (int i = 0; i < 2; i++)
            Assert.AreEqual(isBeyond, double.IsNaN(found.Covariance[i].item<double>()));
        var looked = Discretisation.Of(tensor(new[,] { { -share * GapHalvings.LargestRate } }), tensor(new[,] { { 2.5 } }), [3, 1e-3], withInput: true);
        AssertRelative(2.5 / (2 * share * GapHalvings.LargestRate), looked.Covariance[0].item<double>());
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.01)]
    [DataRow(1.0)]
    [DataRow(MatrixExponential.LargestNorm)]
    public void TheExponentialIsLibTorchsOwn(double norm)
    {
        using var scope = NewDisposeScope();
        var matrices = randn([50, 7, 7], ScalarType.Float64, generator: new Generator(5));
        matrices = matrices * (norm / matrices.abs().sum(dim: 1).amax([1]).maximum(matrices.abs().sum(dim: 2).amax([1]))).view(-1, 1, 1);
        Assert.AreEqual(0, (MatrixExponential.Of(matrices) - linalg.matrix_exp(matrices)).abs().max().item<double>(), 4e-15);
    }

    // 1 − e^{−x}, to the last digits where x is small.
    private static double Lost(double x) => Math.Tanh(x / 2) is var half ? 2 * half / (1 + half) : 0;

    private static void AssertRelative(double expected, double actual) => Assert.AreEqual(expected, actual, 1e-11 * Math.Abs(expected) + 1e-300);

    private static void AssertEqual(double[,] expected, Tensor actual, double tolerance) =>
        Assert.AreEqual(0, (actual - tensor(expected)).abs().max().item<double>(), tolerance);
}
