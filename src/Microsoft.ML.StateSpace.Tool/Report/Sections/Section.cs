using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;

namespace Microsoft.ML.StateSpace.Tool.Report.Sections;

/// <summary>The parts that sections are made of.</summary>
internal static class Section
{
    /// <summary>A section under a heading.</summary>
    /// <param name="id">What links point to.</param>
    /// <param name="title">The heading.</param>
    /// <param name="lead">What is to be seen, and how to read it.</param>
    /// <param name="content">Figures and tables.</param>
    public static XElement Of(string id, string title, string lead, params object?[] content) =>
        new("section", new XAttribute("id", id), new XElement("h2", title), Markup.Of("p", "lead", lead), content);

    /// <summary>Drawings with their caption and legend.</summary>
    public static XElement Figure(string caption, XElement? legend, params IEnumerable<XElement> drawings) =>
        new("figure", new XElement("figcaption", caption), legend, drawings);

    /// <summary>Figures side by side, where there is room.</summary>
    public static XElement Row(params IEnumerable<XElement> figures) => Markup.Of("div", "row", figures);

    /// <summary>What is left out, and other remarks.</summary>
    public static XElement Note(string text) => Markup.Of("p", "note", text);

    /// <summary>A sequence's name for captions.</summary>
    public static string Name(ShownSequence shown) => $"Sequence “{Markup.Label(shown.Name)}”";

    /// <summary>Which of a sequence's steps are drawn.</summary>
    public static string StepsOf(ShownSequence shown) => shown.First == 0 ? Markup.Say($"{shown.Sequence.Length} steps")
        : Markup.Say($"steps {shown.First + 1} to {shown.Sequence.Length} of {shown.Sequence.Length}");

    /// <summary>The abscissas of a sequence's drawings: half a step of room on both sides.</summary>
    public static Extent Steps(ShownSequence shown) => new(shown.First + 0.5, shown.Sequence.Length + 0.5);
}
