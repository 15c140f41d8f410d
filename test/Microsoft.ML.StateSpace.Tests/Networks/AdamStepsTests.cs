using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Microsoft.ML.StateSpace.Tests.Networks;

/// <summary>What steps in Adam's place, in one pass over memory or in few calls for all parameters, does what the optimiser's own calls do.</summary>
[TestClass]
public class AdamStepsTests
{
    private const double Rate = 0.01;

    private static readonly long[][] s_shapes = [[1], [7], [5, 13], [64], [3, 11, 4], [2]];

    // One that no gradient reaches, and one that is reached later than the others.
    private static readonly int[] s_reachedFrom = [1, 1, int.MaxValue, 1, 8, 1];

    public static IEnumerable<object[]> Kinds =>
        from isFlat in new[] { false, true }
        from type in new[] { ScalarType.Float32, ScalarType.Float64 }
        select new object[] { isFlat, type };

    public static IEnumerable<object[]> Rules =>
        from kind in Kinds
        from options in new Optimizer[]
        {
            new Adam(),
            new Adam { WeightDecay = 0.3, Beta1 = 0.5, Beta2 = 0.9, Epsilon = 0.01 },
            new AdamW(),
            new AdamW { WeightDecay = 0.3, Beta1 = 0.8, Beta2 = 0.95 },
        }
        select new object[] { kind[0], kind[1], options };

    [TestMethod]
    [DynamicData(nameof(Rules))]
    public void WeightsMoveAsTheOptimisersDo(bool isFlat, ScalarType type, Optimizer options)
    {
        using var scope = NewDisposeScope();
        using Stepped moved = new(options, type, isFlat), expected = new(options, type);
        for (int step = 1; step <= 12; step++)
        {
            // Every third update is clipped; the fifth has a gradient that is not finite, which counts as none.
            double norm = step % 3 == 0 ? 4 : 0.5, rate = step == 7 ? 0 : Rate / step;
            using Tensor size = tensor(norm, type, TestDevice.Device), isFinite = tensor(step != 5, device: TestDevice.Device);
            var onDevice = new GradientScale(1, size, isFinite);
            moved.Step(step, rate, step % 2 == 0 ? new GradientScale(1, norm) : onDevice);
            expected.Step(step, rate, onDevice);
            moved.AssertIs(expected, $"step {step}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void WhatItRemembersIsTheOptimisers(bool isFlat, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var options = new AdamW { WeightDecay = 0.1 };
        using Stepped moved = new(options, type, isFlat), expected = new(options, type);
        for (int step = 6; step <= 13; step++)
        {
            if (step % 2 == 0)
                moved.StepItself(step);
            else
                moved.Step(step, Rate, new GradientScale(1, 0.5));
            expected.StepItself(step);
        }
        moved.AssertIs(expected, "afterwards");
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void ACheckpointIsGoneOnFrom(bool isFlat, ScalarType type)
    {
        using var scope = NewDisposeScope();
        var options = new Adam();
        using Stepped whole = new(options, type, isFlat), resumed = new(options, type, isFlat), itself = new(options, type);
        for (int step = 6; step <= 13; step++)
        {
            if (step == 10)
            {
                resumed.GoOnFrom(whole);
                itself.GoOnFrom(whole);
            }
            whole.Step(step, Rate, new GradientScale(1, 0.5));
            if (step < 10)
                continue;
            resumed.Step(step, Rate, new GradientScale(1, 0.5));
            itself.StepItself(step);
        }
        resumed.AssertIs(whole, "gone on with", within: 0);
        itself.AssertIs(whole, "gone on with by the optimiser");
    }

    [TestMethod]
    [DoNotParallelize] // it counts the tensors of the whole process
    public void NothingIsLeftOfFlatSteps()
    {
        using var scope = NewDisposeScope();
        var parameters = Parameters(ScalarType.Float32);
        SetGradients(parameters, step: 6);
        long before = LiveTensors.Count();
        using (var optimizer = new AdamW { WeightDecay = 0.1 }.Create(parameters, Rate))
        {
            long remembered = LiveTensors.Count();
            using var pass = Flat(optimizer, parameters);
            for (int step = 0; step < 3; step++)
                pass.Step(new GradientScale(1, 4));
            Assert.AreEqual(remembered + 2, LiveTensors.Count());
        }
        Assert.AreEqual(before, LiveTensors.Count());
    }

    [TestMethod]
    public void OthersKeepTheirOwnSteps()
    {
        using var scope = NewDisposeScope();
        Parameter[] narrow = Parameters(ScalarType.Float32), wide = Parameters(ScalarType.Float64), mixed = [narrow[0], wide[0]];
        using optim.Optimizer momentum = new Sgd().Create(narrow, Rate), derived = new DerivedAdam(narrow), adam = new Adam().Create(narrow, Rate),
            wider = new Adam().Create(wide, Rate), both = new Adam().Create(mixed, Rate);
        Assert.AreEqual(TestDevice.Name == "cpu", AdamPass.Of(adam, narrow) is not null);
        Assert.IsNull(AdamPass.Of(wider, wide));
        Assert.IsNull(FlatAdam.Of(both, mixed));
        foreach (var other in new[] { momentum, derived })
        {
            Assert.IsNull(AdamPass.Of(other, narrow));
            Assert.IsNull(FlatAdam.Of(other, narrow));
        }
    }

    private sealed class DerivedAdam(IEnumerable<Parameter> parameters) : TorchSharp.Modules.Adam(parameters);

    // In a scope that ends before the steps: what the steps need outlives it.
    private static FlatAdam Flat(optim.Optimizer optimizer, Parameter[] parameters)
    {
        using var scope = NewDisposeScope();
        return FlatAdam.Of(optimizer, parameters) ?? throw new AssertFailedException("It is not served.");
    }

    private static Parameter[] Parameters(ScalarType type)
    {
        using var noise = new Generator(3);
        return [.. s_shapes.Select(shape => new Parameter(randn(shape, type, generator: noise).to(TestDevice.Device)))];
    }

    private static void SetGradients(Parameter[] parameters, int step)
    {
        using var noise = new Generator((ulong)step);
        for (int i = 0; i < s_shapes.Length; i++)
        {
            var gradient = randn(s_shapes[i], parameters[i].dtype, generator: noise).to(TestDevice.Device);
            if (step < s_reachedFrom[i])
                continue;
            if (step == 5 && i == 0)
                gradient.fill_(float.NaN);
            // As autograd gives it: not in the order of its places.
            parameters[i].grad = s_shapes[i].Length == 2 ? gradient.t().contiguous().t() : gradient;
        }
    }

    // Parameters and what moves them: flat steps, or those that the device and the type have.
    private sealed class Stepped : IDisposable
    {
        private readonly Parameter[] _parameters;
        private readonly optim.Optimizer _optimizer;
        private readonly OptimizerSteps _steps;

        public Stepped(Optimizer options, ScalarType type, bool isFlat)
        {
            (_parameters, _optimizer) = Make(options, type);
            _steps = isFlat ? new OptimizerSteps(_optimizer, _parameters, Flat(_optimizer, _parameters)) : new OptimizerSteps(_optimizer, _parameters);
        }

        // The optimiser's own steps.
        public Stepped(Optimizer options, ScalarType type)
        {
            (_parameters, _optimizer) = Make(options, type);
            _steps = new OptimizerSteps(_optimizer, _parameters, pass: null);
        }

        public void Step(int step, double rate, GradientScale scale)
        {
            SetGradients(_parameters, step);
            _steps.Step(rate, scale);
        }

        public void StepItself(int step)
        {
            SetGradients(_parameters, step);
            _optimizer.step();
        }

        public void GoOnFrom(Stepped other)
        {
            using var guard = no_grad();
            foreach (var (own, its) in _parameters.Zip(other._parameters))
                own.copy_(its);
            var written = new CheckpointTensors();
            new OptimizerMemory(other._optimizer, other._parameters).Save(written);
            using var grad = enable_grad();
            new OptimizerMemory(_optimizer, _parameters).Load(new CheckpointTensors(written.All.ToDictionary(t => t.Key, t => t.Value.cpu())));
        }

        public void AssertIs(Stepped expected, string when, double? within = null)
        {
            double least = _parameters[0].dtype == ScalarType.Float32 ? 2e-6 : 1e-12;
            for (int i = 0; i < _parameters.Length; i++)
                Assert.AreEqual(0, (_parameters[i] - expected._parameters[i]).abs().max().to(ScalarType.Float64).item<double>(), within ?? least, $"parameter {i}, {when}");
        }

        public void Dispose()
        {
            _steps.Dispose();
            _optimizer.Dispose();
        }

        private static (Parameter[], optim.Optimizer) Make(Optimizer options, ScalarType type)
        {
            var parameters = Parameters(type);
            return (parameters, options.Create(parameters, Rate));
        }
    }
}
