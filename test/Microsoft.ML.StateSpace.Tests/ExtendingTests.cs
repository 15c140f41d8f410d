using System.Text.RegularExpressions;
using Microsoft.ML.StateSpace.Models;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The page on extending shows the example's files, which are compiled with everything else, and run.</summary>
[TestClass]
public class ExtendingTests
{
    [TestMethod]
    public void ThePageShowsTheExamplesFiles()
    {
        string page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "extending.md"));
        string[] shown = [.. Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Select(m => m.Groups[1].Value)];
        string[] files = [.. Directory.GetFiles(Path.Combine(Repository.Root, "examples", "Extending"), "*.cs").Select(File.ReadAllText)];
        CollectionAssert.AreEquivalent(files, shown);
    }

    [TestMethod]
    public void TheExampleTrainsSavesLoadsAndForecasts()
    {
        string output = Examples.Run("Extending", Path.GetTempPath());
        StringAssert.Matches(output, new Regex(@"importance-sampled log-likelihood: -?\d+\.\d{3} nats per step"));
        StringAssert.Matches(output, new Regex(@"first forecast: (-?\d+\.\d\d(, )?){4}"));
    }

    [TestMethod]
    public void ANameBelongsToOnePart()
    {
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() =>
            StateSpaceParts.Register<Transition, LinearTransition>("Gated")).Message, "'Gated' already names GatedTransition");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() =>
            StateSpaceParts.Register<Transition, LinearTransition>("Straight")).Message, "'Linear' already names LinearTransition");
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() =>
            StateSpaceParts.Register<object, LinearTransition>("Straight")).Message, "Object is no kind of part");
        StateSpaceParts.Register<Transition, LinearTransition>("Linear");
    }
}
