using System.Text.Json;
using System.Text.Json.Nodes;

namespace Microsoft.ML.StateSpace.Tool.Files;

/// <summary>A configuration: a JSON file, with single values replaced from the command line.</summary>
internal static class ConfigFile
{
    private static readonly JsonDocumentOptions Reading =
        new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    /// <summary>Reads the file and applies <c>path=value</c> replacements in their order.</summary>
    /// <exception cref="UsageException">The file is no JSON object, or a replacement does not fit.</exception>
    public static JsonObject Read(string path, IEnumerable<string> replacements)
    {
        JsonObject root = Parse(path);
        foreach (string replacement in replacements)
            Apply(root, replacement);
        return root;
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(InputFile.Require(path)), documentOptions: Reading) as JsonObject
                ?? throw new UsageException($"'{path}' must hold one JSON object");
        }
        catch (JsonException error)
        {
            throw new UsageException($"'{path}' is not valid JSON: {error.Message}");
        }
    }

    private static void Apply(JsonObject root, string replacement)
    {
        int equals = replacement.IndexOf('=');
        if (equals <= 0)
            throw new UsageException($"--set '{replacement}': write path=value, for example Generative.LatentSize=50");
        string[] path = replacement[..equals].Split('.');
        JsonNode parent = root;
        for (int i = 0; i < path.Length - 1; i++)
            parent = Descend(parent, path[i], replacement);
        Assign(parent, path[^1], Value(replacement[(equals + 1)..]), replacement);
    }

    private static JsonNode Descend(JsonNode parent, string key, string replacement)
    {
        if (parent is JsonArray array)
            return array[Index(array, key, replacement)] ?? throw NoChildren(key, replacement);
        if (parent is not JsonObject owner)
            throw NoChildren(key, replacement);
        string name = NameIn(owner, key);
        if (owner[name] is not { } child)
            owner[name] = child = new JsonObject();
        return child;
    }

    private static void Assign(JsonNode parent, string key, JsonNode? value, string replacement)
    {
        if (parent is JsonArray array)
            array[Index(array, key, replacement)] = value;
        else if (parent is JsonObject owner)
            owner[NameIn(owner, key)] = value;
        else
            throw NoChildren(key, replacement);
    }

    private static string NameIn(JsonObject owner, string key) =>
        owner.Select(property => property.Key).FirstOrDefault(name => name.Equals(key, StringComparison.OrdinalIgnoreCase)) ?? key;

    private static int Index(JsonArray array, string key, string replacement) =>
        int.TryParse(key, out int index) && index >= 0 && index < array.Count
            ? index
            : throw new UsageException($"--set '{replacement}': '{key}' is no index of an array of {array.Count}");

    private static UsageException NoChildren(string key, string replacement) =>
        new($"--set '{replacement}': there is no '{key}' below a plain value");

    private static JsonNode? Value(string text)
    {
        try
        {
            return JsonNode.Parse(text, documentOptions: Reading);
        }
        catch (JsonException)
        {
            // Not JSON: a bare word, which is what one writes for a name or a path.
            return JsonValue.Create(text);
        }
    }
}
