using Microsoft.ML.StateSpace.Distributions;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

[TestClass]
public class CholeskyFactorTests
{
    [TestMethod]
    public void TheFactorAndItsGradientAreLibTorchsOwn()
    {
        using var scope = NewDisposeScope();
        var root = randn([5, 4, 4], ScalarType.Float64, generator: new Generator(1));
        var symmetric = matmul(root, root.mT) + eye(4, dtype: ScalarType.Float64);
        var weights = randn([5, 4, 4], ScalarType.Float64, generator: new Generator(2));
        (Tensor Factor, Tensor Gradient) Of(Func<Tensor, Tensor> factorise)
        {
            var of = symmetric.detach().requires_grad_();
            var factor = factorise(of);
            return (factor, autograd.grad([(factor * weights).sum()], [of])[0]);
        }

        var (expected, found) = (Of(linalg.cholesky), Of(CholeskyFactor.OrNaN));
        Assert.IsTrue(found.Factor.eq(expected.Factor).all().item<bool>());
        Assert.IsTrue(found.Gradient.allclose(expected.Gradient, 1e-13, 1e-13));
    }

    [TestMethod]
    [DataRow(-1.0)]
    [DataRow(double.NaN)]
    public void WhereThereIsNoneItIsNaNAndTheOthersAreAsTheyAre(double fault)
    {
        using var scope = NewDisposeScope();
        var symmetric = eye(3, dtype: ScalarType.Float64).repeat(4, 1, 1) * 4;
        symmetric[2, 1, 1] = tensor(fault);
        var factor = CholeskyFactor.OrNaN(symmetric);
        Assert.IsTrue(double.IsNaN(LogDeterminant(factor[2])));
        foreach (int sound in new[] { 0, 1, 3 })
            Assert.IsTrue(factor[sound].eq(2 * eye(3, dtype: ScalarType.Float64)).all().item<bool>());
        Assert.IsTrue(double.IsNaN(LogDeterminant(CholeskyFactor.OrNaN(symmetric[2]))));
    }

    /// <summary>One matrix for all right sides, or one for each.</summary>
    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void WhatItSolvesIsLibTorchsOwn(bool shared)
    {
        using var scope = NewDisposeScope();
        var root = randn(shared ? [4, 4] : new long[] { 5, 4, 4 }, ScalarType.Float64, generator: new Generator(1));
        var factor = linalg.cholesky(matmul(root, root.mT) + eye(4, dtype: ScalarType.Float64));
        var right = randn([5, 4, 3], ScalarType.Float64, generator: new Generator(2));
        Assert.IsTrue(CholeskyFactor.Solve(factor, right).allclose(right.cholesky_solve(factor.expand(5, 4, 4)), 1e-12, 1e-12));
    }

    private static double LogDeterminant(Tensor factor) => factor.diagonal().log().sum().item<double>();
}
