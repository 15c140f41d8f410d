using Microsoft.ML.StateSpace.Data;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The README's example is the quick start, which is compiled with everything else, and runs.</summary>
[TestClass]
public class ReadmeTests
{
    [TestMethod]
    public void TheExampleIsTheQuickstart()
    {
        string readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        string program = File.ReadAllText(Path.Combine(Repository.Root, "examples", "Quickstart", "Program.cs"));
        StringAssert.Contains(readme, $"```csharp\n{program}```");
    }

    [TestMethod]
    public void TheQuickstartRuns()
    {
        string folder = Directory.CreateTempSubdirectory("quickstart").FullName;
        try
        {
            string data = Path.Combine(folder, "data.parquet");
            var random = new Random(2);
            float[][] rows = [.. Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, 20).Select(_ => random.NextSingle()).ToArray())];
            new ParquetTable().Add("SequenceId", [.. rows.Select((_, i) => $"row-{i}")]).AddLists("Observations", rows).Write(data);
            string output = Examples.Run("Quickstart", folder, data, data, "1");
            StringAssert.Contains(output, "nats per step");
            StringAssert.Contains(output, "row-2: next values");
            Assert.IsTrue(File.Exists(Path.Combine(folder, "dmm.zip")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
