using System.Text.RegularExpressions;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>A floor imports only from floors below it (docs/design.md).</summary>
[TestClass]
public class FloorTests
{
    private static readonly string[][] s_floors =
    [
        ["Data"],
        ["Networks", "Distributions"],
        ["LinearGaussian"],
        ["Models"],
        ["Inference"],
        ["Bounds"],
        ["Scoring", "Training"],
        ["Trainers"],
    ];

    private static int FloorOf(string room) => Array.FindIndex(s_floors, rooms => rooms.Contains(room));

    [TestMethod]
    public void RoomsImportOnlyDownward()
    {
        string source = Path.Combine(Repository.Root, "src", "Microsoft.ML.StateSpace");
        var faults = new List<string>();
        int imports = 0;
        foreach (string folder in Directory.GetDirectories(source))
        {
            string room = Path.GetFileName(folder);
            Assert.IsTrue(FloorOf(room) >= 0, $"{room} is on no floor");
            foreach (string file in Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories))
                foreach (Match match in Regex.Matches(File.ReadAllText(file), @"\bMicrosoft\.ML\.StateSpace\.(\w+)"))
                {
                    string other = match.Groups[1].Value;
                    if (other == room || FloorOf(other) < 0)
                        continue;
                    imports++;
                    // Networks reads Gaussians off hidden states: the two rooms of that floor share it.
                    if (FloorOf(other) > FloorOf(room) || (FloorOf(other) == FloorOf(room) && FloorOf(room) != 1))
                        faults.Add($"{Path.GetRelativePath(source, file)} imports {other}");
                }
        }
        Assert.IsTrue(imports > 50);
        Assert.AreEqual("", string.Join("\n", faults.Distinct()));
    }

    [TestMethod]
    public void TheLibraryPrintsNothing()
    {
        string source = Path.Combine(Repository.Root, "src", "Microsoft.ML.StateSpace");
        foreach (string file in Directory.GetFiles(source, "*.cs", SearchOption.AllDirectories))
            Assert.IsFalse(Regex.IsMatch(File.ReadAllText(file), @"\bConsole\.(Out|Error|Write)"), file);
    }

    /// <summary>LibTorch's own generator is seeded by the clock, and shared: what draws from it, test or library, differs from run to run.</summary>
    [TestMethod]
    public void NothingDrawsWithoutASeed()
    {
        var draw = new Regex(@"\b(rand|randn|randint|randperm|multinomial|bernoulli)\(|\b(rand_like|randn_like|normal_|uniform_|bernoulli_|dropout)\(");
        string[] files = [.. new[] { "src/Microsoft.ML.StateSpace", "test/Microsoft.ML.StateSpace.Tests" }.SelectMany(folder =>
            Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))];
        string[] drawing = [.. files.SelectMany(file => File.ReadLines(file)
            .Where(line => draw.IsMatch(line) && !line.TrimStart().StartsWith("//", StringComparison.Ordinal))
            .Select(line => $"{Path.GetRelativePath(Repository.Root, file)}: {line.Trim()}"))];
        Assert.IsGreaterThan(20, drawing.Length);
        Assert.AreEqual("", string.Join("\n", drawing.Where(line => !line.Contains("generator: ", StringComparison.Ordinal))));
    }
}
