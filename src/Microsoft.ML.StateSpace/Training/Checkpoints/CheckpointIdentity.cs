using System.Text.Json.Nodes;

namespace Microsoft.ML.StateSpace.Training;

/// <summary>What a checkpoint belongs to: with any of it changed, another training would be gone on with.</summary>
/// <param name="Options">All options as JSON.</param>
/// <param name="Train">The training data.</param>
/// <param name="Validation">The validation set; null: a share of the training data.</param>
/// <param name="Device">"CPU" or "CUDA": their generators differ.</param>
internal sealed record CheckpointIdentity(JsonObject Options, DataFingerprint Train, DataFingerprint? Validation, string Device)
{
    // A training may be given more time than it once had.
    private const string FreeOption = "maxTime";

    private const int MostNamed = 5;

    /// <summary>The seed of the training.</summary>
    public int? Seed => Options["seed"] is JsonValue value && value.TryGetValue(out int seed) ? seed : null;

    /// <summary>In what this training differs from the one that a checkpoint is of, as clauses; null: in nothing.</summary>
    public string? DifferencesFrom(CheckpointIdentity earlier)
    {
        var found = Compare(Options, earlier.Options, "").ToList();
        found.AddRange(Train.DifferencesFrom(earlier.Train, "the training data"));
        if (Validation is null != earlier.Validation is null)
            found.Add(Validation is null ? "there is no validation set and was one" : "there is a validation set and was none");
        else if (Validation is not null)
            found.AddRange(Validation.DifferencesFrom(earlier.Validation!, "the validation set's rows"));
        if (Device != earlier.Device)
            found.Add($"the device is {Device} and was {earlier.Device}");
        string more = found.Count > MostNamed ? $"; and {found.Count - MostNamed} more differences" : "";
        return found.Count == 0 ? null : string.Join("; ", found.Take(MostNamed)) + more;
    }

    private static IEnumerable<string> Compare(JsonNode? now, JsonNode? then, string path)
    {
        if (now is JsonObject options && then is JsonObject earlier)
            return options.Select(o => o.Key).Union(earlier.Select(o => o.Key)).Where(key => path.Length > 0 || key != FreeOption)
                .SelectMany(key => Compare(options[key], earlier[key], path.Length == 0 ? key : $"{path}.{key}"));
        return JsonNode.DeepEquals(now, then) ? [] : [$"option '{path}' is {Shown(now)} and was {Shown(then)}"];
    }

    private static string Shown(JsonNode? value) => value?.ToJsonString() ?? "unset";
}
