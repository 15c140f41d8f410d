using Microsoft.ML.Data;
using Microsoft.ML.StateSpace.Data.Synthetic;
using Microsoft.ML.StateSpace.Tool.Commands;
using Microsoft.ML.StateSpace.Tool.Files;

namespace Microsoft.ML.StateSpace.Tests.Tool.Batch;

/// <summary>A small trained model, a tree of files for it, and command lines that score them.</summary>
internal sealed class BatchCase : IDisposable
{
    public const string BadName = "a/bad.parquet";

    public static readonly string[] Names = ["a/b/1.parquet", "a/b/day=2.parquet", "a/x.parquet", "r.parquet", "s.parquet", "t.parquet", "z/1.parquet"];

    /// <summary>The command as it was built.</summary>
    public static string Program { get; } = System.IO.Path.GetFullPath(System.IO.Path.Combine(AppContext.BaseDirectory, "..", "..", "Microsoft.ML.StateSpace.Tool",
        System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)), "statespace.dll"));

    /// <param name="names">Files to write below "in".</param>
    /// <param name="sequences">Rows of each.</param>
    public BatchCase(IReadOnlyList<string>? names = null, int sequences = 5)
    {
        string[] all = [.. names ?? Names];
        for (int i = 0; i < all.Length; i++)
            WriteSequences(all[i], sequences + i % 3, i + 1);
        Model = Line.TrainModel(Line.WriteSequences("train.parquet"));
    }

    public CommandLine Line { get; } = new();

    public string Model { get; }

    /// <summary>A pattern of all files.</summary>
    public string Pattern => Path("in/**/*.parquet");

    public string Path(string name) => Line.Path(name);

    /// <summary>Writes a file of sequences below "in".</summary>
    public void WriteSequences(string name, int sequences, int seed)
    {
        SyntheticSplit split = SyntheticSystems.Get("synthetic9").Draw(sequences, 6, new NumpyLegacyRandom((uint)seed));
        DataFile.Write(new MLContext().Data.LoadFromEnumerable(SyntheticRow.Of($"file{seed}", split)), Path($"in/{name}"));
    }

    /// <summary>Puts a file there that is no Parquet file.</summary>
    public void WriteBad(string name = BadName) => File.WriteAllText(Path($"in/{name}"), "no Parquet");

    /// <summary>Scores all files into a folder.</summary>
    public int Score(string output, params string[] options) => Score(CancellationToken.None, output, options);

    public int Score(CancellationToken cancellation, string output, params string[] options) =>
        Line.Run(cancellation, ["score", Model, Pattern, "--output", Path(output), "--device", "cpu", .. options]);

    /// <summary>The outputs of a folder and their bytes.</summary>
    public SortedDictionary<string, byte[]> Outputs(string folder) =>
        new(Files(folder).Where(name => !name.StartsWith("_manifest/", StringComparison.Ordinal)).ToDictionary(name => name, name => File.ReadAllBytes(Path($"{folder}/{name}"))), StringComparer.Ordinal);

    public string[] Files(string folder) => [.. Directory.GetFiles(Path(folder), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Select(file => System.IO.Path.GetRelativePath(Path(folder), file)).Order(StringComparer.Ordinal)];

    public string Manifest(string folder, string shard = "1-of-1") => File.ReadAllText(Path($"{folder}/_manifest/shard-{shard}.json"));

    public string[] Journal(string folder, string shard = "1-of-1") => File.ReadAllLines(Path($"{folder}/_manifest/shard-{shard}.journal"));

    /// <summary>When each output was written: a file that is written again has another time.</summary>
    public Dictionary<string, DateTime> Times(string folder) => Files(folder).Where(name => name.EndsWith(".parquet", StringComparison.Ordinal) && !System.IO.Path.GetFileName(name).StartsWith('.'))
        .ToDictionary(name => name, name => File.GetLastWriteTimeUtc(Path($"{folder}/{name}")));

    public void AssertSame(SortedDictionary<string, byte[]> expected, string folder)
    {
        SortedDictionary<string, byte[]> actual = Outputs(folder);
        CollectionAssert.AreEqual(expected.Keys.ToArray(), actual.Keys.ToArray(), folder);
        foreach ((string name, byte[] bytes) in expected)
            Assert.IsTrue(bytes.AsSpan().SequenceEqual(actual[name]), $"{folder}/{name}");
    }

    public void Dispose() => Line.Dispose();
}
