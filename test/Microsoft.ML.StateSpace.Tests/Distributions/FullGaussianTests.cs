using Microsoft.ML.StateSpace.Distributions;
using Microsoft.ML.StateSpace.LinearGaussian;
using Microsoft.ML.StateSpace.Tests.Oracles;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Distributions;

[TestClass]
public class FullGaussianTests
{
    private const int Size = 3, Rows = 2;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void LogProbabilityIsTheDenseOnes(bool factorPerParticle)
    {
        using var scope = NewDisposeScope();
        var gaussian = Random(1);
        if (factorPerParticle)
            gaussian = gaussian with { Factor = gaussian.Factor.expand(5, Rows, Size, Size) };
        var x = randn([5, Rows, Size], ScalarType.Float64, generator: new Generator(2));
        var actual = gaussian.LogProbability(x);
        CollectionAssert.AreEqual(new long[] { 5, Rows }, actual.shape);
        for (int p = 0; p < 5; p++)
            for (int r = 0; r < Rows; r++)
            {
                double[] error = (x[p][r] - gaussian.Mean[r]).data<double>().ToArray();
                Assert.AreEqual(LinearAlgebra.LogDensity(error, Covariance(gaussian, r)), actual[p][r].item<double>(), 1e-10);
            }
    }

    [TestMethod]
    public void DrawsHaveItsMomentsAndDensity()
    {
        using var scope = NewDisposeScope();
        const int draws = 40_000;
        var gaussian = Random(3);
        var draw = gaussian.Draw(randn([draws, Rows, Size], ScalarType.Float64, generator: new Generator(4)));
        var centred = (draw.Latent - draw.Latent.mean([0])).transpose(0, 1);
        var covariance = centred.transpose(1, 2).matmul(centred) / draws;
        var exact = gaussian.Factor.matmul(gaussian.Factor.transpose(1, 2));
        var scale = exact.diagonal(0, 1, 2).sqrt();
        var error = (covariance - exact) / (scale.unsqueeze(1) * scale.unsqueeze(2));
        Assert.IsTrue(error.abs().max().item<double>() < 5 * Math.Sqrt(2.0 / draws));
        Assert.IsTrue(((draw.Latent.mean([0]) - gaussian.Mean) / scale).abs().max().item<double>() < 5 / Math.Sqrt(draws));
        var (mean, variance) = gaussian.Moments!.Value;
        Assert.IsTrue(mean.eq(gaussian.Mean).all().item<bool>());
        Assert.AreEqual(0, (variance - scale.square()).abs().max().item<double>(), 1e-12);
        Assert.IsTrue(draw.LogProbability.eq(gaussian.LogProbability(draw.Latent)).all().item<bool>());
    }

    [TestMethod]
    public void KlIsTheMeanLogRatioAndReducesToTheDiagonalOne()
    {
        using var scope = NewDisposeScope();
        const int draws = 40_000;
        var (q, p) = (Random(5), Random(6));
        var draw = q.Draw(randn([draws, Rows, Size], ScalarType.Float64, generator: new Generator(7)));
        var ratio = draw.LogProbability - p.LogProbability(draw.Latent);
        var error = (ratio.mean([0]) - q.Kl(p)) / (ratio.std(0) / Math.Sqrt(draws));
        Assert.IsTrue(error.abs().max().item<double>() < 4.5);
        var (a, b) = (Diagonal(8), Diagonal(9));
        Assert.AreEqual(0, (a.Kl(b) - FullGaussian.Of(a).Kl(FullGaussian.Of(b))).abs().max().item<double>(), 1e-10);
        Assert.AreEqual(0, (a.Kl(p)! - FullGaussian.Of(a).Kl(p)).abs().max().item<double>(), 1e-10);
        Assert.AreEqual(0, (q.Kl(b)! - q.Kl(FullGaussian.Of(b))).abs().max().item<double>(), 1e-10);
        Assert.AreEqual(0, q.Kl(q).abs().max().item<double>(), 1e-10);
    }

    [TestMethod]
    public void ParticlesOfAPosteriorMeetAPriorThatHasNone()
    {
        using var scope = NewDisposeScope();
        var p = Random(10);
        var means = randn([4, Rows, Size], ScalarType.Float64, generator: new Generator(11));
        var diagonal = new DiagonalGaussian(means, rand([4, Rows, Size], ScalarType.Float64, generator: new Generator(12)) + 0.1);
        var q = FullGaussian.Of(diagonal);
        var kl = diagonal.Kl(p)!;
        CollectionAssert.AreEqual(new long[] { 4, Rows }, kl.shape);
        for (int i = 0; i < 4; i++)
            Assert.AreEqual(0, (kl[i] - new FullGaussian(q.Mean[i], q.Factor[i]).Kl(p)).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void GradientsAgreeWithFiniteDifferences()
    {
        using var scope = NewDisposeScope();
        var raw = new Parameter(Random(13).Factor.contiguous());
        var mean = new Parameter(randn([Rows, Size], ScalarType.Float64, generator: new Generator(14)));
        var noise = randn([4, Rows, Size], ScalarType.Float64, generator: new Generator(15));
        var prior = Random(16);
        FiniteDifferences.AssertGradients([("factor", raw), ("mean", mean)], () =>
        {
            var q = new FullGaussian(mean, raw.tril());
            var draw = q.Draw(noise);
            return q.Kl(prior).sum() + draw.LogProbability.sum() + prior.LogProbability(draw.Latent).sum();
        });
    }

    [TestMethod]
    public void MomentsAndFactorsAreTheSameGaussian()
    {
        using var scope = NewDisposeScope();
        var gaussian = Random(17);
        var moments = new GaussianMoments(gaussian.Mean, gaussian.Factor.matmul(gaussian.Factor.transpose(1, 2)));
        var x = randn([3, Rows, Size], ScalarType.Float64, generator: new Generator(18));
        Assert.AreEqual(0, (moments.LogProbability(x) - moments.Distribution().LogProbability(x)).abs().max().item<double>(), 1e-12);
        Assert.AreEqual(0, (moments.Distribution().Factor - gaussian.Factor).abs().max().item<double>(), 1e-12);
        var shared = new GaussianMoments(gaussian.Mean, moments.Covariance[0]);
        Assert.AreEqual(0, (shared.LogProbability(x) - shared.Distribution().LogProbability(x)).abs().max().item<double>(), 1e-12);
    }

    [TestMethod]
    public void ConcatenationKeepsRows()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Random(19), Random(20));
        var particles = b with { Mean = b.Mean + zeros([3, 1, 1], ScalarType.Float64) };
        var both = (FullGaussian)LatentDistribution.Concatenate([a, particles])!;
        var x = randn([3, 2 * Rows, Size], ScalarType.Float64, generator: new Generator(21));
        var apart = cat([a.LogProbability(x.narrow(1, 0, Rows)), particles.LogProbability(x.narrow(1, Rows, Rows))], 1);
        Assert.AreEqual(0, (both.LogProbability(x) - apart).abs().max().item<double>(), 1e-12);
    }

    private static FullGaussian Random(ulong seed)
    {
        var generator = new Generator(seed);
        var root = randn([Rows, Size, Size], ScalarType.Float64, generator: generator);
        var covariance = root.matmul(root.transpose(1, 2)) + 0.3 * eye(Size, dtype: ScalarType.Float64);
        return FullGaussian.OfCovariance(randn([Rows, Size], ScalarType.Float64, generator: generator), covariance);
    }

    private static DiagonalGaussian Diagonal(ulong seed)
    {
        var generator = new Generator(seed);
        return new(randn([Rows, Size], ScalarType.Float64, generator: generator), rand([Rows, Size], ScalarType.Float64, generator: generator) + 0.2);
    }

    private static double[,] Covariance(FullGaussian gaussian, int row)
    {
        var factor = gaussian.Factor.dim() == 4 ? gaussian.Factor[0][row] : gaussian.Factor[row];
        double[] flat = factor.matmul(factor.t()).contiguous().data<double>().ToArray();
        var result = new double[Size, Size];
        Buffer.BlockCopy(flat, 0, result, 0, flat.Length * sizeof(double));
        return result;
    }
}
