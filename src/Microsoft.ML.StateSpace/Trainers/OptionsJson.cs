using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Microsoft.ML.StateSpace.Trainers;

/// <summary>Options as JSON: the same text is a config file and what a saved model holds.</summary>
public static class OptionsJson
{
    // Of a value that does not fit, so much stands in the message.
    private const int MostShown = 60;

    private static volatile JsonSerializerOptions s_options = Make();

    // The serialiser remembers what it has seen of a type: new parts need a new one.
    static OptionsJson() => Kinds.Changed += () => s_options = Make();

    private static JsonSerializerOptions Make() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        AllowOutOfOrderMetadataProperties = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: false) },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { AddKinds } },
    };

    /// <summary>Writes options.</summary>
    public static string Write(DeepMarkovTrainer.Options options) => JsonSerializer.Serialize(options, s_options);

    /// <summary>Reads and checks options.</summary>
    /// <exception cref="OptionsException">Not JSON, an unknown key (with the nearest valid one), or a value out of range.</exception>
    public static DeepMarkovTrainer.Options Read(string json)
    {
        try
        {
            var node = JsonNode.Parse(json, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            return Read(node);
        }
        catch (JsonException e)
        {
            throw new OptionsException($"The options are no valid JSON: {e.Message}", e);
        }
    }

    /// <summary>Reads and checks options from a JSON tree.</summary>
    /// <exception cref="OptionsException">An unknown key (with the nearest valid one), or a value out of range.</exception>
    public static DeepMarkovTrainer.Options Read(JsonNode? node)
    {
        if (node is not JsonObject tree)
            throw new OptionsException("The options must be a JSON object.");
        CheckObject(tree, s_options.GetTypeInfo(typeof(DeepMarkovTrainer.Options)), "");
        try
        {
            var options = node.Deserialize<DeepMarkovTrainer.Options>(s_options)!;
            options.Check();
            return options;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            string path = e is JsonException { Path: { Length: > 2 } at } ? $" at '{at[2..]}'" : "";
            throw new OptionsException($"The options hold a value of the wrong kind{path}.", e);
        }
    }

    private static void CheckValue(JsonNode value, JsonTypeInfo info, string path)
    {
        CheckName(value, info.Type, path);
        if (!Fits(value, info))
            throw new OptionsException($"Option '{path}' is {Shown(value)}; it must be {Expected(info)}.");
        if (value is JsonArray list)
        {
            for (int i = 0; i < list.Count; i++)
                if (list[i] is { } element)
                    CheckValue(element, s_options.GetTypeInfo(info.ElementType!), $"{path}[{i}]");
        }
        else if (value is JsonObject tree && info.Kind == JsonTypeInfoKind.Dictionary)
        {
            foreach (var (key, entry) in tree)
                if (entry is not null)
                    CheckValue(entry, s_options.GetTypeInfo(info.ElementType!), $"{path}.{key}");
        }
        else if (value is JsonObject options)
        {
            CheckObject(options, info, path);
        }
    }

    private static void CheckObject(JsonObject tree, JsonTypeInfo info, string path)
    {
        var (kind, kinds) = (info.Type, Kinds.Of(info.Type));
        if (kinds.Count > 0)
            info = s_options.GetTypeInfo(PartType(tree, kinds, path));
        foreach (var (key, value) in tree)
        {
            if (kinds.Count > 0 && key == Kinds.Discriminator)
                continue;
            string at = path.Length == 0 ? key : $"{path}.{key}";
            var property = info.Properties.FirstOrDefault(p => p.Name == key && IsOption(p))
                ?? throw new OptionsException($"Unknown option '{at}'; {Advice(key, info, kind, kinds)}");
            var type = Nullable.GetUnderlyingType(property.PropertyType);
            if (value is not null)
                CheckValue(value, s_options.GetTypeInfo(type ?? property.PropertyType), at);
            else if (type is null && (property.PropertyType.IsValueType || !property.IsSetNullable))
                throw new OptionsException($"Option '{at}' is null; it must be {Expected(s_options.GetTypeInfo(property.PropertyType))}. Leave it out for the default.");
        }
    }

    // What is computed, or set by code only, is no option.
    private static bool IsOption(JsonPropertyInfo property) => property.Set is not null;

    // An option of a sibling is named as such; what resembles an option is taken for a slip of the pen.
    private static string Advice(string key, JsonTypeInfo info, Type kind, IReadOnlyList<(string Name, Type Part)> kinds)
    {
        string[] owners = [.. kinds.Where(k => s_options.GetTypeInfo(k.Part).Properties.Any(p => p.Name == key && IsOption(p))).Select(k => $"'{k.Name}'")];
        if (owners.Length > 0)
            return $"'{key}' is an option of {kind.Name} {string.Join(" and ", owners)}, not of '{kinds.First(k => k.Part == info.Type).Name}'.";
        string[] names = [.. info.Properties.Where(IsOption).Select(p => p.Name)];
        if (key == Kinds.Discriminator)
            return $"there is one {info.Type.Name} only, which needs no '{key}'. Known: {Quoted(names)}.";
        string nearest = Nearest(key, kinds.Count > 0 ? [.. names, Kinds.Discriminator] : names);
        return Distance(nearest.ToLowerInvariant(), key.ToLowerInvariant()) <= Math.Max(nearest.Length, key.Length) / 2
            ? $"did you mean '{nearest}'?" : $"known: {Quoted(names)}.";
    }

    private static bool Fits(JsonNode value, JsonTypeInfo info)
    {
        if (info.Kind != JsonTypeInfoKind.None)
            return info.Kind == JsonTypeInfoKind.Enumerable ? value is JsonArray : value is JsonObject;
        try
        {
            return value.Deserialize(info) is not null;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void CheckName(JsonNode? node, Type type, string at)
    {
        if (!type.IsEnum || node is not JsonValue value || !value.TryGetValue(out string? name))
            return;
        string[] names = Enum.GetNames(type);
        if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
            throw new OptionsException($"Option '{at}' is '{name}'; did you mean '{Nearest(name, names)}'? Known: {Quoted(names)}.");
    }

    private static string Shown(JsonNode value)
    {
        string text = value is JsonValue plain && plain.TryGetValue(out string? word) ? $"'{word}'" : value.ToJsonString();
        return text.Length <= MostShown ? text : $"{text[..MostShown]}…";
    }

    private static string Expected(JsonTypeInfo info) => Kinds.Of(info.Type) is { Count: > 0 } kinds
        ? $"an object with a '{Kinds.Discriminator}', one of {Quoted(kinds.Select(k => k.Name))}"
        : info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "a list",
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => "an object",
            _ when info.Type.IsEnum => $"one of {Quoted(Enum.GetNames(info.Type))}",
            _ when info.Type == typeof(bool) => "true or false",
            _ when info.Type == typeof(string) => "text",
            _ when info.Type == typeof(int) => "a whole number",
            _ when info.Type == typeof(TimeSpan) => "a time such as '00:20:00'",
            _ => "a number",
        };

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(name => $"'{name}'"));

    private static Type PartType(JsonObject tree, IReadOnlyList<(string Name, Type Part)> kinds, string path)
    {
        string names = Quoted(kinds.Select(k => k.Name));
        string name = tree[Kinds.Discriminator] is JsonValue value && value.TryGetValue(out string? text) ? text
            : throw new OptionsException($"Option '{path}' needs a '{Kinds.Discriminator}': one of {names}.");
        foreach (var (known, part) in kinds)
            if (known == name)
                return part;
        throw new OptionsException($"Option '{path}.{Kinds.Discriminator}' is '{name}'; did you mean '{Nearest(name, kinds.Select(k => k.Name))}'? Known: {names}.");
    }

    private static void AddKinds(JsonTypeInfo info)
    {
        var kinds = Kinds.Of(info.Type);
        if (kinds.Count == 0)
            return;
        info.PolymorphismOptions = new JsonPolymorphismOptions { TypeDiscriminatorPropertyName = Kinds.Discriminator };
        foreach (var (name, part) in kinds)
            info.PolymorphismOptions.DerivedTypes.Add(new JsonDerivedType(part, name));
    }

    /// <summary>The candidate of the least edit distance, letter case aside.</summary>
    internal static string Nearest(string word, IEnumerable<string> candidates) =>
        candidates.MinBy(c => Distance(word.ToLowerInvariant(), c.ToLowerInvariant())) ?? "";

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int cost = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], cost);
            }
        }
        return row[^1];
    }
}
