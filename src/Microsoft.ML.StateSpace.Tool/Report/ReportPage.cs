using System.Reflection;
using System.Xml.Linq;
using Microsoft.ML.StateSpace.Tool.Report.Drawing;
using Microsoft.ML.StateSpace.Tool.Report.Sections;
using Microsoft.ML.StateSpace.Trainers;

namespace Microsoft.ML.StateSpace.Tool.Report;

/// <summary>A report as one page that needs nothing but itself: no script, no other file, no network.</summary>
internal static class ReportPage
{
    // A browser that keeps it loads nothing and runs nothing, whatever a stranger's file has smuggled in.
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'";

    /// <summary>The page's text; the same content gives the same text.</summary>
    public static string Of(ReportContent content)
    {
        string title = $"{content.ModelName} on {content.Data.Name}";
        XElement[] sections =
        [
            .. new[]
            {
                TrainingSection.Of(content), LatentSection.Of(content), ReconstructionSection.Of(content), ForecastSection.Of(content), CalibrationSection.Of(content),
                ParticleSection.Of(content), AnomalySection.Of(content), MetricsSection.Of(content), ModelSection.Of(content), DataSection.Of(content),
            }.OfType<XElement>(),
        ];
        return Markup.Write(new XElement("html", new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta", new XAttribute("http-equiv", "Content-Security-Policy"), new XAttribute("content", Policy)),
                new XElement("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
                new XElement("meta", new XAttribute("name", "color-scheme"), new XAttribute("content", "light dark")),
                new XElement("title", Markup.Label(title, 200)),
                new XElement("style", Style())),
            new XElement("body", Header(content, title, sections), new XElement("main", SummarySection.Of(content), sections), Footer(content))));
    }

    private static XElement Header(ReportContent content, string title, XElement[] sections) => new("header",
        Markup.Of("p", "kind", "State space model report"),
        new XElement("h1", Markup.Label(title, 200)),
        new XElement("p", Markup.Say($"{content.Model.Options.Generative.GetType().Name} with {content.Model.LatentSize} latents, {content.Model.Options.Inference.GetType().Name}, trained by {content.Model.Options.Bound.GetType().Name}; {content.Data.Sequences} sequences, {content.Data.Steps:n0} steps of {content.Model.ObservationSize} numbers.")),
        new XElement("nav", new XAttribute("aria-label", "Sections"),
            sections.Select(section => new XElement("a", new XAttribute("href", $"#{section.Attribute("id")!.Value}"), section.Element("h2")!.Value))));

    private static XElement Footer(ReportContent content)
    {
        ReportOptions options = content.Options;
        string shown = string.Join(", ", content.Shown.Select(s => $"“{Markup.Label(s.Name, 40)}”"));
        return new XElement("footer",
            new XElement("p", Markup.Say($"Drawn are {content.Shown.Count} of {content.Data.Sequences} sequences, spread evenly over the file ({shown}), the last {options.Steps} steps of each at most, and {options.Dimensions} dimensions as lines at most. Metrics are of {content.Evaluated} sequences. Everything else is left out; --sequences, --steps, --dimensions and --evaluated change it.")),
            new XElement("p", Markup.Say($"statespace {typeof(DeepMarkovTransformer).Assembly.GetName().Version?.ToString(3)}, seed {options.Seed}. The same model, data and options give the same page.")));
    }

    private static string Style()
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("report.css")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
