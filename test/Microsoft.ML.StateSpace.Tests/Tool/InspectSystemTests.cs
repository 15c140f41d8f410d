using System.Text.Json.Nodes;
using Microsoft.ML.StateSpace.Tool;

namespace Microsoft.ML.StateSpace.Tests.Tool;

/// <summary>`inspect --system` and the settings it shows; the test run has called <see cref="StateSpaceRuntime.Tune"/>.</summary>
[TestClass]
public sealed class InspectSystemTests : IDisposable
{
    private readonly CommandLine _line = new();

    public void Dispose() => _line.Dispose();

    [TestMethod]
    public void ShowsEverySettingAndWhoDecidedIt()
    {
        Assert.AreEqual(ExitCode.Ok, _line.Run("inspect", "--system", "--format", "json"), _line.Messages);
        Assert.AreEqual("system", (string)_line.Json["kind"]!);
        Assert.AreEqual(Environment.ProcessorCount, (int)_line.Json["processors"]!);
        Assert.IsTrue((int)_line.Json["threads"]! >= 1);
        var shown = _line.Json["settings"]!.AsArray().Select(s => (string)s!["name"]!).ToArray();
        CollectionAssert.AreEqual(StateSpaceRuntime.Settings.Select(s => s.Name).ToArray(), shown);
        Assert.AreEqual(ExitCode.Ok, _line.Run("inspect", "--system"), _line.Messages);
        foreach (string name in shown)
            StringAssert.Contains(_line.Output, name);
    }

    [TestMethod]
    public void AFileAndTheSystemAreNotShownTogether()
    {
        Assert.AreEqual(ExitCode.Usage, _line.Run("inspect"));
        Assert.AreEqual(ExitCode.Usage, _line.Run("inspect", "model.zip", "--system"));
        StringAssert.Contains(_line.ErrorLines.Single(), "--system");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void TuningLeavesOneThreadAndWhatWasSetBefore()
    {
        var settings = StateSpaceRuntime.Settings.ToDictionary(s => s.Name);
        var threads = settings["OPENBLAS_NUM_THREADS"];
        Assert.AreNotEqual(SettingOrigin.Default, threads.Origin);
        Assert.IsTrue(threads.Origin == SettingOrigin.Environment || threads.Value == "1", $"{threads}");
        StateSpaceRuntime.Tune();
        CollectionAssert.AreEqual(settings.Values.ToArray(), StateSpaceRuntime.Settings.ToArray(), "tuned twice is tuned once");
    }
}
