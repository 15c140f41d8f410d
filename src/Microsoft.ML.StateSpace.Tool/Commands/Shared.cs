using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.StateSpace.Tool.Commands;

/// <summary>Options and habits that verbs share.</summary>
internal static class Shared
{
    /// <summary>The output form that <see cref="Format"/> makes a program's.</summary>
    public const string Json = "json";

    private static readonly JsonSerializerOptions Writing = new(JsonSerializerDefaults.Web)
    {
        // What was not asked for is left out.
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // The result goes to programs and terminals, not into a web page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary><c>--format text|json</c>.</summary>
    public static Option<string> Format()
    {
        var option = new Option<string>("--format") { Description = "text for people, json for programs.", DefaultValueFactory = _ => "text" };
        option.AcceptOnlyFromAmong("text", Json);
        return option;
    }

    /// <summary><c>--device cpu|cuda|cuda:N|auto</c>.</summary>
    public static Option<string> Device() => new("--device")
    {
        Description = "cpu, cuda, cuda:N, or auto: a GPU when there is one.",
        DefaultValueFactory = _ => "auto",
    };

    /// <summary><c>--controls F</c>.</summary>
    public static Option<string?> Controls() => new("--controls")
    {
        Description = "Parquet file with the model's control column for the steps to come, a row per sequence (by id, else by order), or one row for all.",
    };

    /// <summary>The numbers of <c>--quantiles 0.1,0.5,0.9</c>.</summary>
    /// <exception cref="UsageException">A part is no number.</exception>
    public static double[] Probabilities(string text) =>
    [
        .. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(part =>
            double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value
                : throw new UsageException($"--quantiles: '{part}' is no number")),
    ];

    /// <summary>Refuses numbers below 1; what is no number the parser itself refuses.</summary>
    public static void RequirePositive(Option<int> option) => option.Validators.Add(result =>
    {
        if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value < 1)
            result.AddError($"{option.Name} must be at least 1");
    });

    /// <summary>Refuses numbers below 1 in options that may be left out.</summary>
    public static void RequirePositive(params ReadOnlySpan<Option<int?>> options) => RequireAtLeast(1, options);

    /// <summary>Refuses numbers below a least one in options that may be left out.</summary>
    public static void RequireAtLeast(int least, params ReadOnlySpan<Option<int?>> options)
    {
        foreach (Option<int?> option in options)
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens is [var token] && int.TryParse(token.Value, out int value) && value < least)
                    result.AddError($"{option.Name} must be at least {least}");
            });
        }
    }

    /// <summary>One JSON object on a line of its own.</summary>
    public static void WriteJson<T>(TextWriter output, T value) => output.WriteLine(JsonSerializer.Serialize(value, Writing));
}
