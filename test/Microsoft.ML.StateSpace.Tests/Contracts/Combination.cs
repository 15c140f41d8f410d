using Microsoft.ML.StateSpace.Bounds;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>A row of the contract table: a generative model, its emission, an inference network and a bound, by name.</summary>
internal sealed record Combination(string Model, string Emission, string Network, string Bound)
{
    // One of a kind: their variants are rows of the kinds' own contracts.
    private static readonly string[] s_emissions =
        ["bernoulli", "gaussian", "categorical", "poisson", "negative-binomial", "student-t", "discretized-gaussian", "nade", "function"];

    private static readonly string[] s_networks =
    [
        "st-r-lstm", "st-l-gru", "mf-lr-gru", "avf-gradient", "flow-st-r", "prior-product-st-lr", "prior", "filtering-path",
        "smoothing-path", "exact-filtering", "exact-smoothing", "per-step-linear-smoothing",
    ];

    private static IReadOnlyDictionary<string, Bound> Bounds { get; } =
        new[] { "elbo", "iwae", "fivo", "fivo-tilt-td", "aesmc-alternating" }.ToDictionary(name => name, name => BoundContract.Bounds[name])
            .Append(new("exact-likelihood", new ExactLikelihood())).Append(new("expectation-maximization", new ExpectationMaximization())).ToDictionary();

    /// <summary>D.</summary>
    public int ObservationSize => Parts.Models[Model].ObservationSize;

    /// <summary>The whole product; a model with an emission of its own appears with that alone.</summary>
    public static IReadOnlyList<Combination> All { get; } =
    [
        .. from model in Parts.Models
           from emission in model.Value.HasOwnEmission ? ["own"] : s_emissions
           from network in s_networks
           from bound in Bounds.Keys
           select new Combination(model.Key, emission, network, bound),
    ];

    /// <summary>Those that the library allows.</summary>
    public static IReadOnlyList<Combination> Legal { get; } = [.. All.Where(c => c.Fault is null)];

    /// <summary>A part of <see cref="Legal"/> that holds every pair of parts that can go together.</summary>
    public static IReadOnlyList<Combination> Pairwise { get; } =
        [.. PairwiseCover.Of([.. Legal.Select(c => new[] { c.Model, c.Emission, c.Network, c.Bound })])
            .Select(row => new Combination(row[0], row[1], row[2], row[3]))];

    /// <summary>Why the library refuses it, or null.</summary>
    public string? Fault
    {
        get
        {
            try
            {
                Options.Check();
                return null;
            }
            catch (OptionsException e)
            {
                return e.Message;
            }
        }
    }

    /// <summary>The options of a training of two updates.</summary>
    public DeepMarkovTrainer.Options Options
    {
        get
        {
            var model = Parts.Models[Model].Make(Emission == "own" ? null : Parts.Emissions[Emission]);
            return new DeepMarkovTrainer.Options
            {
                MaskColumnName = nameof(CombinationRow.Mask),
                SequenceIdColumnName = nameof(CombinationRow.SequenceId),
                ObservationSize = ObservationSize,
                ControlColumnName = model.ReadsControls ? nameof(CombinationRow.Controls) : null,
                ControlSize = model.ReadsControls ? 1 : null,
                TimeColumnName = model.ReadsTimes ? nameof(CombinationRow.Times) : null,
                Generative = model,
                Inference = Parts.Networks[Network],
                Bound = Bounds[Bound],
                FilteringProposal = new() { Epochs = 1 },
                Epochs = 1,
                BatchSize = 2,
                Particles = 4,
                SmoothingSamples = 2,
                Horizon = 2,
                Device = TestDevice.Name,
                Seed = 1,
            };
        }
    }

    /// <summary>Updates of its only epoch: one M-step of the closed form, else two batches.</summary>
    public long Updates => Bound == "expectation-maximization" ? 1 : 2;

    public override string ToString() => $"{Model} × {Emission} × {Network} × {Bound}";
}

/// <summary>A sequence with missing values; 0 and 1 are what every emission can emit.</summary>
internal sealed class CombinationRow
{
    public string SequenceId { get; set; } = "";

    public float[] Observations { get; set; } = [];

    public float[] Mask { get; set; } = [];

    public float[] Controls { get; set; } = [];

    public float[] Times { get; set; } = [];

    /// <summary>Four ragged rows.</summary>
    public static List<CombinationRow> Make(int observationSize) => [.. new[] { 5, 2, 4, 3 }.Select((steps, i) => Make(i, steps, observationSize))];

    private static CombinationRow Make(int seed, int steps, int observationSize)
    {
        var random = new Random(seed);
        float[] mask = [.. Enumerable.Range(0, steps * observationSize).Select(_ => random.NextDouble() < 0.2 ? 0f : 1f)];
        mask[^1] = 1;
        return new CombinationRow
        {
            SequenceId = $"row-{seed}",
            Observations = [.. mask.Select(_ => (float)random.Next(2))],
            Mask = mask,
            Controls = [.. Enumerable.Range(0, steps + 2).Select(_ => random.NextSingle())],
            Times = [.. Enumerable.Range(0, steps + 2).Select(t => t + 0.3f * random.NextSingle())],
        };
    }
}
