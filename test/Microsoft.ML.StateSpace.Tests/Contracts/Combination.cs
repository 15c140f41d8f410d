using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests.Contracts;

/// <summary>A row of the contract table: a generative model, its emission, an inference network and a bound, by name.</summary>
internal sealed record Combination(string Model, string Emission, string Network, string Bound)
{
    /// <summary>D of every combination.</summary>
    public const int ObservationSize = 2;

    /// <summary>The whole product; a model with an emission of its own appears with that alone.</summary>
    public static IReadOnlyList<Combination> All { get; } =
    [
        .. from model in Parts.Models
           from emission in model.Value.HasOwnEmission ? ["own"] : Parts.Emissions.Keys
           from network in Parts.Networks.Keys
           from bound in Parts.Bounds.Keys
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
                Bound = Parts.Bounds[Bound],
                FilteringProposal = new() { Epochs = 1 },
                Epochs = 1,
                BatchSize = 2,
                Particles = 4,
                SmoothingSamples = 2,
                Horizon = 2,
                Device = "cpu",
            };
        }
    }

    /// <summary>Updates of its only epoch.</summary>
    public long Updates => 2;

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
    public static List<CombinationRow> Make() => [.. new[] { 5, 2, 4, 3 }.Select((steps, i) => Make(i, steps))];

    private static CombinationRow Make(int seed, int steps)
    {
        var random = new Random(seed);
        float[] mask = [.. Enumerable.Range(0, steps * Combination.ObservationSize).Select(_ => random.NextDouble() < 0.2 ? 0f : 1f)];
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
