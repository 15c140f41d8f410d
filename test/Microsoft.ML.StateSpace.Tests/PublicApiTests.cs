using System.Reflection;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tests;

/// <summary>The library's public surface is what PublicApi.approved.txt says: a change of it is a decision.</summary>
[TestClass]
public class PublicApiTests
{
    [TestMethod]
    public void IsTheApprovedOne()
    {
        string folder = Path.Combine(Repository.Root, "test", "Microsoft.ML.StateSpace.Tests");
        string approved = Path.Combine(folder, "PublicApi.approved.txt"), received = Path.Combine(folder, "PublicApi.received.txt");
        string api = string.Join("\n", typeof(DeepMarkovTrainer).Assembly.GetExportedTypes().SelectMany(Describe).Order(StringComparer.Ordinal)) + "\n";
        if (File.Exists(approved) && File.ReadAllText(approved) == api)
        {
            File.Delete(received);
            return;
        }
        File.WriteAllText(received, api);
        Assert.Fail($"The public API changed; compare {received} with the approved text and replace that if the change is meant.");
    }

    private static IEnumerable<string> Describe(Type type)
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        yield return $"{type} : {type.BaseType}";
        foreach (var member in type.GetMembers(All))
        {
            bool visible = member switch
            {
                MethodBase method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && !method.Name.Contains('<') && method.Name != "PrintMembers",
                FieldInfo field => field.IsPublic || field.IsFamily,
                _ => false,
            };
            if (visible)
                yield return $"{type} :: {member}";
        }
    }
}
