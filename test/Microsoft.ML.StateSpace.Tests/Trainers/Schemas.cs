using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.StateSpace.Tests.Trainers;

/// <summary>What a schema and its annotations say, and whether two say the same.</summary>
internal static class Schemas
{
    public static void AssertSame(DataViewSchema expected, DataViewSchema actual)
    {
        Assert.AreEqual(expected.Count, actual.Count);
        foreach (var (a, b) in expected.Zip(actual))
        {
            Assert.AreEqual((a.Name, a.Type, a.IsHidden), (b.Name, b.Type, b.IsHidden));
            CollectionAssert.AreEqual(a.Annotations.Schema.Select(c => (c.Name, c.Type)).ToArray(), b.Annotations.Schema.Select(c => (c.Name, c.Type)).ToArray(), a.Name);
            if (a.HasSlotNames())
                CollectionAssert.AreEqual(Slots(a), Slots(b), a.Name);
            if (a.Annotations.Schema.GetColumnOrNull("ScoreColumnSetId") is not null)
                Assert.AreEqual((SetId(a), Text(a, "ScoreColumnKind"), Text(a, "ScoreValueKind")), (SetId(b), Text(b, "ScoreColumnKind"), Text(b, "ScoreValueKind")));
        }
    }

    // Stricter than ML.NET, which lets a promise hold less than what is delivered.
    public static void AssertSame(SchemaShape expected, SchemaShape actual, string place)
    {
        CollectionAssert.AreEqual(expected.Select(c => c.Name).Order().ToArray(), actual.Select(c => c.Name).Order().ToArray(), place);
        foreach (var (a, b) in expected.OrderBy(c => c.Name).Zip(actual.OrderBy(c => c.Name)))
        {
            Assert.AreEqual((a.Kind, a.ItemType, a.IsKey), (b.Kind, b.ItemType, b.IsKey), $"{place}, {a.Name}");
            AssertSame(a.Annotations, b.Annotations, $"{place}, {a.Name}");
        }
    }

    // Internal in ML.NET, and what its own tests use.
    public static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.NonPublic | BindingFlags.Static)!.Invoke(null, [schema])!;

    public static string[] Slots(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(n => n.ToString())];
    }

    public static string Text(DataViewSchema.Column column, string kind)
    {
        ReadOnlyMemory<char> text = default;
        column.Annotations.GetValue(kind, ref text);
        return text.ToString();
    }

    public static uint SetId(DataViewSchema.Column column)
    {
        uint id = 0;
        column.Annotations.GetValue("ScoreColumnSetId", ref id);
        return id;
    }
}
