// SPDX-License-Identifier: Apache-2.0

/// What came of checking a configuration: everything that is wrong with it, and its values where nothing is.
public struct ConfigurationCheck: Sendable, Hashable {
    /// `nil` exactly where there are problems.
    public let configuration: ApusConfiguration?
    /// In the order of the file; at most `ConfigurationLimits.maximumProblems`.
    public let problems: [ConfigurationProblem]
    /// What is accepted without effect, in the order of the file.
    public let warnings: [ConfigurationProblem]

    /// Checks a document against the schema, and its settings against each other.
    ///
    /// - Parameter strategyTypes: The known types of strategies; `nil` accepts any type with any parameters.
    public init(of document: ConfigurationDocument, strategyTypes: [StrategyTypeDescription]?) {
        var decoder = ConfigurationDecoder(document: document, strategyTypes: strategyTypes)
        let decoded = decoder.decode()
        problems = Self.ordered(
            decoder.validator.problems, count: decoder.validator.problemCount, file: document.file)
        warnings = Self.ordered(
            decoder.validator.warnings, count: decoder.validator.warnings.count, file: document.file)
        configuration = problems.isEmpty ? decoded : nil
    }

    /// Reads and checks a file.
    ///
    /// - Parameters:
    ///   - path: A YAML or JSON file.
    ///   - overrides: Values that replace those of the file, in this order.
    ///   - strategyTypes: The known types of strategies; `nil` accepts any type with any parameters.
    public init(
        file path: String, overrides: [ConfigurationOverride] = [], strategyTypes: [StrategyTypeDescription]?
    ) {
        do throws(ConfigurationProblem) {
            let document = try ConfigurationDocument(contentsOfFile: path).applying(overrides)
            self.init(of: document, strategyTypes: strategyTypes)
        } catch {
            self.init(failing: error)
        }
    }

    private init(failing problem: ConfigurationProblem) {
        configuration = nil
        problems = [problem]
        warnings = []
    }

    /// The values.
    ///
    /// - Throws: All the problems, where there are any.
    public func get() throws(ConfigurationProblems) -> ApusConfiguration {
        guard let configuration else { throw ConfigurationProblems(problems) }
        return configuration
    }

    /// By place in the file; what came from the command line follows.
    private static func ordered(
        _ problems: [ConfigurationProblem], count: Int, file: String
    ) -> [ConfigurationProblem] {
        func rank(_ place: SourceLocation) -> (Int, Int, Int) {
            (place.file == file ? 0 : 1, place.line, place.column)
        }
        let sorted = problems.enumerated().sorted {
            let (left, right) = (rank($0.element.location), rank($1.element.location))
            return left != right ? left < right : $0.offset < $1.offset
        }.map(\.element)
        let limit = ConfigurationLimits.maximumProblems
        guard sorted.count > limit else { return sorted }
        let rest = count - limit + 1
        return sorted.prefix(limit - 1) + [
            ConfigurationProblem(
                .tooLarge, at: SourceLocation(file: file), "There are \(rest) more problems; these are the first ones.")
        ]
    }
}
