using Microsoft.ML.StateSpace.Networks;
using Microsoft.ML.StateSpace.Networks.Rows;
using Microsoft.ML.StateSpace.Training;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Microsoft.ML.StateSpace.Tests.Networks.Rows;

/// <summary>One pass over weights, gradients and means does what the optimiser's own calls do.</summary>
[TestClass]
public class AdamPassTests
{
    private const double Rate = 0.01;

    private static readonly long[][] s_shapes = [[1], [7], [5, 13], [64], [3, 11, 4], [2]];

    // The last parameter is one that no gradient reaches, the one before is reached later than the others.
    private static readonly int[] s_reachedFrom = [1, 1, 1, 1, 4, int.MaxValue];

    public static IEnumerable<object[]> Optimizers =>
    [
        [new Adam()],
        [new Adam { WeightDecay = 0.3, Beta1 = 0.5, Beta2 = 0.9, Epsilon = 0.01 }],
        [new AdamW()],
        [new AdamW { WeightDecay = 0.3, Beta1 = 0.8, Beta2 = 0.95 }],
    ];

    [TestMethod]
    [DynamicData(nameof(Optimizers))]
    public void ItMovesWeightsAsTheOptimiserDoes(Optimizer options)
    {
        using var scope = NewDisposeScope();
        Parameter[] moved = Parameters(), expected = Parameters();
        using var share = ParameterShare.Deal(moved, 1, options, Rate).Single();
        using var plain = options.Create(expected, Rate);
        Assert.IsNotNull(AdamPass.Of(share.Optimizer, [.. share.Places.Select(place => moved[place])]));
        for (int step = 1; step <= 12; step++)
        {
            SetGradients(moved, expected, step);
            // Every third update is clipped; the fifth has a gradient that is not finite, which counts as none.
            double norm = step % 3 == 0 ? 4 : 0.5, rate = Rate / step;
            using Tensor size = tensor((float)norm), isFinite = tensor(step != 5);
            share.Move(rate, step % 2 == 0 ? new GradientScale(1, norm) : new GradientScale(1, size, isFinite));
            new GradientScale(1, size, isFinite).Apply(expected);
            foreach (var group in plain.ParamGroups)
                group.LearningRate = rate;
            plain.step();
            for (int i = 0; i < moved.Length; i++)
                Assert.AreEqual(0, (moved[i] - expected[i]).abs().max().item<float>(), 2e-6, $"parameter {i}, step {step}");
        }
    }

    /// <summary>A checkpoint holds the optimiser's memory: another kind of pass must go on from it.</summary>
    [TestMethod]
    public void WhatItRemembersIsTheOptimisers()
    {
        using var scope = NewDisposeScope();
        var options = new AdamW { WeightDecay = 0.1 };
        Parameter[] moved = Parameters(), expected = Parameters();
        using var share = ParameterShare.Deal(moved, 1, options, Rate).Single();
        using var plain = options.Create(expected, Rate);
        for (int step = 6; step <= 13; step++)
        {
            SetGradients(moved, expected, step);
            if (step % 2 == 0)
                share.Optimizer.step();
            else
                share.Move(Rate, new GradientScale(1, 0.5));
            plain.step();
        }
        for (int i = 0; i < moved.Length; i++)
            Assert.AreEqual(0, (moved[i] - expected[i]).abs().max().item<float>(), 2e-6, $"parameter {i}");
    }

    [TestMethod]
    public void OthersKeepTheirOwnSteps()
    {
        using var scope = NewDisposeScope();
        var parameters = Parameters();
        using var momentum = new Sgd().Create(parameters, Rate);
        Assert.IsNull(AdamPass.Of(momentum, parameters));
        Parameter[] wide = [new(zeros([3], ScalarType.Float64))];
        using var adam = new Adam().Create(wide, Rate);
        Assert.IsNull(AdamPass.Of(adam, wide));
        using var derived = new DerivedAdam(parameters);
        Assert.IsNull(AdamPass.Of(derived, parameters));
    }

    private sealed class DerivedAdam(IEnumerable<Parameter> parameters) : TorchSharp.Modules.Adam(parameters);

    private static Parameter[] Parameters()
    {
        using var noise = new Generator(3);
        return [.. s_shapes.Select(shape => new Parameter(randn(shape, generator: noise)))];
    }

    private static void SetGradients(Parameter[] moved, Parameter[] expected, int step)
    {
        using var noise = new Generator((ulong)step);
        for (int i = 0; i < s_shapes.Length; i++)
        {
            var gradient = randn(s_shapes[i], generator: noise);
            if (step < s_reachedFrom[i])
                continue;
            if (step == 5 && i == 0)
                gradient.fill_(float.NaN);
            // As autograd gives it: not in the order of its places.
            moved[i].grad = s_shapes[i].Length == 2 ? gradient.t().contiguous().t() : gradient.clone();
            expected[i].grad = gradient.clone();
        }
    }
}
