using System.CommandLine;
using Microsoft.ML.StateSpace.Tool.Report;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>The options of <c>statespace report</c> that say what is looked at, and how much of it is drawn.</summary>
internal sealed class ReportArguments
{
    // More makes a page that browsers are slow with.
    private const int MostSequences = 20, MostSteps = 2000, MostDimensions = 40;

    private static readonly ReportOptions Usual = new();

    private readonly Option<int> _sequences = Number("--sequences", $"Sequences drawn, spread evenly over the file; at most {MostSequences}.", Usual.Sequences);
    private readonly Option<int> _steps = Number("--steps", $"Steps drawn of a sequence, its last ones; at most {MostSteps}.", Usual.Steps);
    private readonly Option<int> _dimensions = Number("--dimensions", $"Dimensions drawn as lines; observations of more are heat maps; at most {MostDimensions}.", Usual.Dimensions);
    private readonly Option<int> _evaluated = Number("--evaluated", "Sequences behind the metrics, spread evenly over the file.", Usual.Evaluated);
    private readonly Option<int> _particles = Number("--particles", "Samples of the latents behind the bounds.", Usual.Particles);
    private readonly Option<int?> _horizon = new("--horizon") { Description = "Steps held back from the end of a sequence and forecast. Default: as many as the model was trained for, or if that is one a quarter of the middle sequence, 24 at most." };
    private readonly Option<int> _origins = Number("--origins", "Forecasts of each sequence, a horizon apart, the last of which is drawn.", Usual.Origins);
    private readonly Option<int> _paths = Number("--paths", "Sample paths behind each forecast and reconstruction.", Usual.Paths);
    private readonly Option<string?> _names = new("--names") { Description = "Names of the dimensions, separated by commas. Default: those of the data." };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of all draws.", DefaultValueFactory = _ => Usual.Seed };

    public ReportArguments()
    {
        Shared.RequirePositive(_horizon);
        RequireAtMost(_sequences, MostSequences);
        RequireAtMost(_steps, MostSteps);
        RequireAtMost(_dimensions, MostDimensions);
    }

    /// <summary>The options, for the command.</summary>
    public IReadOnlyList<Option> All => [_sequences, _steps, _dimensions, _evaluated, _particles, _horizon, _origins, _paths, _names, _seed];

    /// <summary>What was asked for.</summary>
    public ReportOptions Read(ParseResult parsed) => new()
    {
        Sequences = parsed.GetValue(_sequences),
        Steps = parsed.GetValue(_steps),
        Dimensions = parsed.GetValue(_dimensions),
        Evaluated = parsed.GetValue(_evaluated),
        Particles = parsed.GetValue(_particles),
        Horizon = parsed.GetValue(_horizon),
        Origins = parsed.GetValue(_origins),
        Paths = parsed.GetValue(_paths),
        Names = parsed.GetValue(_names)?.Split(',', StringSplitOptions.TrimEntries),
        Seed = parsed.GetValue(_seed),
    };

    private static Option<int> Number(string name, string description, int usual)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        Shared.RequirePositive(option);
        return option;
    }

    private static void RequireAtMost(Option<int> option, int most) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value > most)
            result.AddError($"{option.Name} must be at most {most}");
    });
}
