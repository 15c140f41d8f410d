using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Tests.Oracles;
using Microsoft.ML.StateSpace.Trainers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>What must hold for every emission.</summary>
[TestClass]
public class EmissionContract
{
    private const int Inputs = 3;
    private const int Size = 4;

    // A known function has no bias to start and no bound of its own on what it gives; its tests are its own.
    public static IEnumerable<object[]> Rows => Parts.Emissions.Keys.Where(name => name != "function").Select(name => new object[] { name });

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void DensitiesSumToOneWithTheMomentsOfSamples(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        const int Samples = 200_000;
        using var module = Make(name, size: 1, scale: 0.7);
        var input = tensor(new[] { 0.4, -0.3, 0.8 }).unsqueeze(0);
        var (values, cell) = Support(name);
        var mass = module.LogLikelihood(input.expand(values.numel(), -1), values.unsqueeze(-1), null).exp() * cell;
        Assert.AreEqual(1, mass.sum().item<double>(), 1e-6);
        double mean = (values * mass).sum().item<double>();
        double variance = ((values - mean).square() * mass).sum().item<double>();
        using var generator = new Generator(3);
        var uniform = rand([Samples, module.UniformsPerStep(1)], ScalarType.Float64, generator: generator);
        var sample = module.Sample(input.expand(Samples, -1), uniform);
        Assert.AreEqual(mean, sample.mean().item<double>(), 5 * Math.Sqrt(variance / Samples));
        var squares = (sample - mean).square();
        Assert.AreEqual(variance, squares.mean().item<double>(), 5 * squares.std().item<double>() / Math.Sqrt(Samples));
        Assert.AreEqual(Parts.Emissions[name].HasMean, module.HasMean);
        if (module.HasMean)
            Assert.AreEqual(mean, module.Mean(input).item<double>(), 1e-5 * Math.Max(1, Math.Abs(mean)));
        else
            Assert.ThrowsExactly<InvalidOperationException>(() => module.Mean(input));
        Assert.AreEqual(Parts.Emissions[name].IsGaussian, module.IsGaussian);
        if (!module.IsGaussian)
            Assert.ThrowsExactly<InvalidOperationException>(() => module.Moments(input));
        else
            Assert.AreEqual(variance, module.Moments(input).Variance.item<double>(), 1e-6);
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void GradientsAgreeWithFiniteDifferencesInFloat64(string name)
    {
        using var scope = NewDisposeScope();
        using var module = Make(name, Size, scale: 0.5);
        var input = new Parameter(RandomInput(6));
        var (observation, observed) = (Targets(name, 6), Mask(6));
        FiniteDifferences.AssertGradients(module.named_parameters().Append(("input", input)),
            () => module.LogLikelihood(input, observation, observed).sum());
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void WhatIsNotObservedChangesNothing(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var module = Make(name, Size, scale: 0.5);
        var (input, observed) = (RandomInput(6), Mask(6));
        var (first, second) = (Targets(name, 6), Targets(name, 6, seed: 77));
        var other = where(observed.gt(0), first, second);
        Assert.IsFalse(other.eq(first).all().item<bool>());
        Assert.IsTrue(module.LogLikelihood(input, first, observed).eq(module.LogLikelihood(input, other, observed)).all().item<bool>());
        Assert.IsTrue(module.LogLikelihood(input, first, zeros_like(observed)).eq(0).all().item<bool>());
        Assert.IsTrue(module.LogLikelihood(input, first, ones_like(observed)).allclose(module.LogLikelihood(input, first, null)));
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void DeletingADimensionIsMaskingIt(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var whole = Make(name, Size, scale: 0.5);
        using var less = Make(name, Size - 1, scale: 0.5);
        var kept = tensor(new long[] { 0, 2, 3 });
        var source = whole.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (path, parameter) in less.named_parameters())
        {
            var of = source[path];
            // A dimension's numbers stand together: one row each, or as many as it has codes.
            parameter.copy_(of.shape.SequenceEqual(parameter.shape) ? of
                : of.reshape([Size, of.shape[0] / Size, .. of.shape[1..]]).index_select(0, kept).reshape(parameter.shape));
        }
        var (input, x, observed) = (RandomInput(6), Targets(name, 6), tensor(new[] { 1.0, 0, 1, 1 }).expand(6, Size));
        var masked = whole.LogLikelihood(input, x, observed);
        Assert.IsTrue(masked.allclose(less.LogLikelihood(input, x.index_select(1, kept), null), 1e-12, 1e-12));
        Assert.IsFalse(masked.allclose(whole.LogLikelihood(input, x, null), 1e-6, 1e-6));
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void ParticlesShareTheirRowsObservation(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var module = Make(name, Size, scale: 0.5);
        var (observation, observed) = (Targets(name, 6), Mask(6));
        foreach (int particles in new[] { 3, Affine.ParticlesForOwnProduct })
        {
            var input = randn([particles, 6, Inputs], ScalarType.Float64, generator: new Generator(9));
            var together = module.LogLikelihood(input, observation, observed);
            CollectionAssert.AreEqual(new long[] { particles, 6 }, together.shape);
            for (int p = 0; p < 3; p++)
                Assert.IsTrue(together[p].allclose(module.LogLikelihood(input[p], observation, observed), 1e-10, 1e-10));
            var sample = module.Sample(input, rand([particles, 6, module.UniformsPerStep(Size)], ScalarType.Float64, generator: new Generator(10)));
            CollectionAssert.AreEqual(new long[] { particles, 6, Size }, sample.shape);
            Assert.AreEqual(ScalarType.Float64, sample.dtype);
            foreach (double value in sample.data<double>())
                Assert.IsNull(Parts.Emissions[name].FaultOf((float)value));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void ManyPointsUnderManyInputsAreThePointsOneByOne(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var module = Make(name, Size, scale: 0.5);
        var (input, observed) = (randn([5, 6, Inputs], ScalarType.Float64, generator: new Generator(11)), Mask(6));
        var points = stack([.. Enumerable.Range(0, 4).Select(i => Targets(name, 6, seed: 20 + i))]);
        foreach (var mask in new[] { observed, null })
        {
            var together = module.CrossLogLikelihood(input, points, mask);
            CollectionAssert.AreEqual(new long[] { 6, 4, 5 }, together.shape);
            for (int p = 0; p < 4; p++)
                Assert.IsTrue(together.select(1, p).t().allclose(module.LogLikelihood(input, points[p], mask), 1e-10, 1e-10));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void TheUntrainedEmissionPredictsTheTrainingMean(string name)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var sequences = RandomSequences.Make(40, 1, 20, missing: 0.3, value: random => Parts.Target(name, random));
        using var module = Parts.Emissions[name].Create(Inputs, 1, new Initializer(4));
        module.to(ScalarType.Float64);
        var statistics = ObservationStatistics.Of(sequences, module.CountedCodes);
        var (values, cell) = Support(name);
        foreach (bool byMoments in new[] { false, true })
        {
            if (byMoments)
                module.StartAt(statistics.Mean, statistics.Variance);
            else
                module.StartAt(statistics);
            var mass = module.LogLikelihood(zeros([values.numel(), Inputs], ScalarType.Float64), values.unsqueeze(-1), null).exp() * cell;
            double mean = (values * mass).sum().item<double>(), wanted = statistics.Mean.item<float>();
            Assert.AreEqual(wanted, mean, 1e-4 * Math.Max(1, Math.Abs(wanted)));
            if (name is "poisson")
                continue;
            double variance = ((values - mean).square() * mass).sum().item<double>(), target = statistics.Variance.item<float>();
            if (!byMoments || name is not "categorical")
                Assert.AreEqual(target, variance, 0.02 * target, "variance");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void ExtremeInputsStayFiniteInFloat32(string name)
    {
        using var scope = NewDisposeScope();
        using var module = Make(name, Size, scale: 1);
        module.to(ScalarType.Float32);
        float[] targets = name switch
        {
            "bernoulli" or "nade" => [0, 1],
            "categorical" => [0, 4],
            "poisson" or "negative-binomial" or "negative-binomial-common-dispersion" => [0, 1, 1e6f],
            _ => [-1e5f, 0, 1e5f],
        };
        foreach (float target in targets)
            foreach (double size in new[] { 0, 1e-30, 1, 1e2, 1e4 })
            {
                var input = (randn([20, Inputs], ScalarType.Float32, generator: new Generator(6)) * size).requires_grad_();
                module.zero_grad();
                var value = module.LogLikelihood(input, full([20, Size], target), null);
                value.sum().backward();
                Assert.IsTrue(value.isfinite().all().item<bool>(), $"target {target}, input {size}");
                foreach (var (at, gradient) in module.named_parameters().Select(p => (p.name, p.parameter.grad)).Append(("input", input.grad)))
                    Assert.IsTrue(gradient!.isfinite().all().item<bool>(), $"gradient of {at}, target {target}, input {size}");
                using var guard = no_grad();
                var uniform = rand([20, module.UniformsPerStep(Size)], generator: new Generator(12));
                uniform[0] = zeros([1]);
                uniform[1] = tensor(1 - 1f / (1 << 24));
                Assert.IsTrue(module.Sample(input, uniform).isfinite().all().item<bool>(), $"sample, input {size}");
            }
    }

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void OptionsAreValidAndSurviveJson(string name)
    {
        var emission = Parts.Emissions[name] with { ReadsPreviousObservation = true };
        Assert.AreEqual("", string.Join(" ", emission.Validate()));
        var options = new DeepMarkovTrainer.Options { Generative = new DeepMarkovModel { Emission = emission } };
        var read = OptionsJson.Read(OptionsJson.Write(options));
        Assert.AreEqual(emission, ((DeepMarkovModel)read.Generative).Emission);
    }

    [TestMethod]
    [DataRow("bernoulli", 1.5f)]
    [DataRow("nade", 0.5f)]
    [DataRow("categorical", 5f)]
    [DataRow("categorical", -1f)]
    [DataRow("categorical", 1.5f)]
    [DataRow("poisson", -1f)]
    [DataRow("poisson", 0.5f)]
    [DataRow("negative-binomial", float.PositiveInfinity)]
    public void ImpossibleTargetsAreRefused(string name, float value) => StringAssert.Contains(Parts.Emissions[name].FaultOf(value), $"{value} is ");

    private static EmissionModule Make(string name, int size, double scale)
    {
        using var guard = no_grad();
        var module = Parts.Emissions[name].Create(Inputs, size, new Initializer(4));
        module.to(ScalarType.Float64);
        using var generator = new Generator(8);
        foreach (var (path, parameter) in module.named_parameters())
            if (path != "rawFreedom")
                parameter.copy_(scale * randn(parameter.shape, ScalarType.Float64, generator: generator));
        return module;
    }

    // Every value that matters of one dimension, and what a density is multiplied by there.
    private static (Tensor Values, double Cell) Support(string name) => name switch
    {
        "bernoulli" or "nade" => (arange(2, ScalarType.Float64), 1),
        "categorical" => (arange(5, ScalarType.Float64), 1),
        "poisson" or "negative-binomial" or "negative-binomial-common-dispersion" => (arange(2000, ScalarType.Float64), 1),
        "discretized-gaussian" => ((arange(4000, ScalarType.Float64) - 2000) * 0.25, 1),
        "student-t" => (linspace(-2000, 2000, 4_000_001, ScalarType.Float64), 1e-3),
        _ => (linspace(-60, 60, 120_001, ScalarType.Float64), 1e-3),
    };

    private static Tensor RandomInput(int rows) => randn([rows, Inputs], ScalarType.Float64, generator: new Generator(2));

    private static Tensor Targets(string name, int rows, int seed = 1)
    {
        var random = new Random(seed);
        return tensor([.. Enumerable.Range(0, rows * Size).Select(_ => (double)Parts.Target(name, random))], [rows, Size]);
    }

    private static Tensor Mask(int rows) => rand([rows, Size], ScalarType.Float64, generator: new Generator(5)).gt(0.4).to(ScalarType.Float64);
}
