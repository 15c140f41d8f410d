using System.Diagnostics;
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
            string[] built = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "..", ".."), "Quickstart.dll", SearchOption.AllDirectories);
            string program = built.Single(p => Path.GetFileName(Path.GetDirectoryName(p)) == Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/', '\\')));
            using var process = Process.Start(new ProcessStartInfo("dotnet", [program, data, data, "1"])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            Assert.IsTrue(process.WaitForExit(120_000));
            Assert.AreEqual(0, process.ExitCode, errors.Result);
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
